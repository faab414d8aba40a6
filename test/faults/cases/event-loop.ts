import { resolve } from 'node:path';
import { expect } from '@jest/globals';
import type { FaultCase } from '../case.js';
import { onSoundServer } from './stage.js';

const BLOCKED_MS = 3000;
const PRELOAD = resolve('test/support/preload/block-loop.cjs');

export const eventLoop: readonly FaultCase[] = [
  {
    name: 'event loop blocked for 3 s',
    ready: 'stays',
    // Nothing can be answered meanwhile; what counts is that nothing breaks of it.
    silentMs: BLOCKED_MS,
    stage: (suite) =>
      onSoundServer(suite, () => ({
        settings: { NODE_OPTIONS: `--require ${PRELOAD}` },
        breakIt: (service) => {
          service.process.kill('SIGUSR2');
        },
        holdMs: BLOCKED_MS,
        heal: () => undefined,
        check: (_, observed) => {
          expect(observed.ready.flatMap(({ codes }) => codes)).toContain('EVENT_LOOP_LAGGING');
        },
      })),
  },
];
