import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createDatabase, testServer } from '@holdfast/testing/temporary-database';
import { startProxy } from '@holdfast/testing/tcp-proxy';
import type { FaultCase } from '../case.js';

const NAME = 'database.test';

export const names: readonly FaultCase[] = [
  {
    name: 'DNS name moves to another address',
    ready: 'POSTGRES_UNREACHABLE',
    stage: async ({ later }) => {
      const database = await createDatabase(testServer());
      later(() => database.drop());
      const target = { port: Number(new URL(database.url).port) };
      const old = await startProxy(target, { host: '127.0.0.2' });
      later(() => old.close());
      const other = await startProxy(target, { host: '127.0.0.3', port: old.port });
      later(() => other.close());
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-names-'));
      later(() => {
        rmSync(folder, { recursive: true });
      });
      const file = join(folder, 'address');
      const point = (address: string) => {
        writeFileSync(file, address);
      };
      point('127.0.0.2');
      const url = new URL(database.url);
      url.host = `${NAME}:${old.port}`;
      return {
        environment: {
          DATABASE_URL: url.href,
          DB_SSL_MODE: 'disable',
          NODE_OPTIONS: `--require ${resolve('test/support/preload/moving-name.cjs')}`,
          TEST_MOVING_NAME: NAME,
          TEST_MOVING_NAME_FILE: file,
        },
        database,
        breakIt: () => {
          old.cut();
        },
        holdMs: 2500,
        heal: () => {
          point('127.0.0.3');
        },
      };
    },
  },
];
