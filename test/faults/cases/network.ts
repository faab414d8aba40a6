import { setTimeout as wait } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Service } from '../../support/service.js';
import { type FaultCase, now } from '../case.js';
import { throughProxy } from './stage.js';

const CONCURRENT_PROBES = 100;
/** `HEALTH_PROBE_TIMEOUT_MS` and the 500 ms of the contract. */
const ANSWERED_WITHIN_MS = 1500;

/** Each of them has to be answered in time; what they answer is judged with all other answers. */
async function probeAtOnce({ url }: Service): Promise<void> {
  const begun = performance.now();
  const answers = await Promise.all(
    Array.from({ length: CONCURRENT_PROBES }, async () => {
      const { status } = await fetch(`${url}/health/ready`);
      return { status, inTime: performance.now() - begun < ANSWERED_WITHIN_MS };
    }),
  );
  expect(answers).toEqual(answers.map(() => ({ status: 503, inTime: true })));
}

export const network: readonly FaultCase[] = [
  {
    name: 'line drops everything, without a reset',
    ready: 'POSTGRES_UNREACHABLE',
    stage: (suite) =>
      throughProxy(suite, (proxy) => ({
        breakIt: () => {
          proxy.drop();
        },
        holdMs: 3000,
        heal: () => {
          proxy.mend();
        },
      })),
  },
  {
    name: 'line accepts and stalls, under 100 concurrent probes',
    ready: 'POSTGRES_UNREACHABLE',
    stage: (suite) =>
      throughProxy(suite, (proxy) => {
        let openBefore = 0;
        return {
          breakIt: async (service) => {
            openBefore = proxy.open();
            proxy.stall();
            const began = now();
            await wait(ANSWERED_WITHIN_MS);
            await probeAtOnce(service);
            return began;
          },
          holdMs: 1500,
          heal: () => {
            proxy.resume();
          },
          // The probes hold one connection or two, however many have asked.
          check: () => {
            expect(proxy.open()).toBeLessThanOrEqual(openBefore + CONCURRENT_PROBES / 10);
          },
        };
      }),
  },
  {
    name: 'line takes 800 ms longer',
    ready: 'stays',
    stage: (suite) =>
      throughProxy(suite, (proxy) => ({
        // A write takes several round trips.
        settings: { DB_STATEMENT_TIMEOUT_MS: '5000' },
        breakIt: () => {
          proxy.delay(800);
        },
        holdMs: 6000,
        heal: () => {
          proxy.delay(0);
        },
      })),
  },
];
