import { spawn } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeBackends } from '@holdfast/testing/describe-backends';
import { runnerOf } from '@holdfast/testing/test-runner';
import { MemoryNotes, type Notes, service, SqlNotes } from '../notes/notes.js';

/** Initialises a server of its own. */
const OWN_SERVER_MS = 120_000;

const jest = { describe, beforeAll, beforeEach, afterAll };

const met: string[] = [];
describeBackends<Notes>(
  'Notes',
  {
    service,
    tables: ['notes'],
    backends: {
      IN_MEMORY: { open: () => new MemoryNotes() },
      SQLITE: { open: ({ dataSource }) => new SqlNotes(dataSource) },
      POSTGRES: { open: ({ dataSource }) => new SqlNotes(dataSource) },
    },
  },
  ({ backend, current, empty }) => {
    it('gives each case an empty port', async () => {
      met.push(backend);
      await current().add('a', 'text');
      expect(await current().count()).toBe(1);
    });
    it('gives the next one an empty port as well, and once more when asked', async () => {
      expect(await current().count()).toBe(0);
      await current().add('a', 'text');
      expect(await (await empty()).count()).toBe(0);
    });
  },
  jest,
);

describe('describeBackends()', () => {
  it('has met every backend', () => {
    expect(met).toEqual(['IN_MEMORY', 'SQLITE', 'POSTGRES']);
  });

  it('asks for the functions of a runner that has no globals', () => {
    expect(() => runnerOf({} as never)).toThrow('pass describe, beforeAll');
    expect(() => runnerOf(undefined)).not.toThrow();
  });
});

/** `notes.contract.ts` by `node:test`, without TEST_DATABASE_URL. */
async function nodeTest(...args: readonly string[]) {
  const child = spawn(
    process.execPath,
    [
      ...['--import', './bench/support/typescript.mjs', '--test-reporter', 'tap'],
      ...['packages/testing/test/notes/notes.contract.ts', ...args],
    ],
    { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

describe('describeBackends() in node:test, with a PostgreSQL of its own', () => {
  it(
    'skips what a backend does not declare, and nothing else',
    async () => {
      const { code, output } = await nodeTest();
      expect(output).toContain('# pass 11\n');
      expect(output).toContain('# fail 0\n');
      expect(output.match(/# SKIP/g)).toHaveLength(1);
      expect(output).toContain('with durable, which IN_MEMORY does not declare # SKIP');
      expect(code).toBe(0);
    },
    OWN_SERVER_MS,
  );

  it(
    'fails where one backend breaks the contract',
    async () => {
      const { code, output } = await nodeTest('forgetful');
      expect(output).toContain('# fail 1\n');
      expect(output).toContain('not ok 3 - refuses an id that is there');
      expect(output).toContain('not ok 1 - Notes on IN_MEMORY');
      expect(code).toBe(1);
    },
    OWN_SERVER_MS,
  );
});
