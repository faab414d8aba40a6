import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BrokenCopy, brokenCopy, type Ran } from '../gates/broken-copy.js';

/** Ends what hangs: the compiler, the bundler and the tests each look at the whole copy. */
const LIMIT_MS = 1_800_000;

/** Its own, and those that look at every store, variable and code. */
const TESTS = [
  'test/e2e/audit-trail',
  'test/contract/entities/migrations',
  'test/contract/dialects',
  'test/unit/(runbook|reasons)',
  'test/e2e/reference',
];

/** Each is met by the test that the store brings. */
const OWN_CODES = [
  'PERSISTENCE_PROFILE_REQUIRES_AUDIT_TRAIL_POSTGRES',
  'PERSISTENCE_PROFILE_REQUIRES_AUDIT_TRAIL_POSTGRES_DSN',
  'TRAIL_ENTRY_NOT_FOUND',
  'TRAIL_ENTRY_EXISTS',
  'TRAIL_ENTRY_TOO_LONG',
];

describe('npm run new:store', () => {
  const refusal = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/new-store.mjs', ...args],
      { encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([64, '']);
    return stderr;
  };

  it.each([
    ['nothing', []],
    ['a name in capitals', ['Notes']],
    ['a name that begins with a digit', ['9_notes']],
    ['a path', ['../notes']],
    ['a name that is not of several, without one for its records', ['inventory']],
    ['more than two names', ['notes', 'note', 'more']],
  ])('refuses %s with 64', (_, args) => {
    expect(refusal(...args)).toMatch(/^usage: /);
  });

  it.each([
    ['a store that is there', ['policy_packs'], 'src/stores/policy-packs is there'],
    ['one that is there, whatever it holds', ['dpm', 'dpm_run'], 'src/stores/dpm is there'],
    ['one whose test is there', ['runs'], 'test/e2e/runs.test.ts is there'],
    ['a table of another store', ['dpm_runs'], 'there is a table dpm_runs'],
    ['a table of the migrations', ['holdfast_notes'], 'tables holdfast_… are those of the'],
    ['the codes of another', ['past_runs', 'run'], 'there is a reason code RUN_NOT_FOUND'],
    ['the variables of another', ['proposal', 'idea'], 'there is a variable PROPOSAL_STORE_'],
    ['a word of SQL', ['order', 'entry'], 'order is a word of SQL in PostgreSQL and SQLite, '],
    ['one of PostgreSQL alone', ['placing', 'person'], 'placing is a word of SQL in PostgreSQL, '],
    ['one of SQLite alone', ['values', 'figure'], 'values is a word of SQL in SQLite, '],
    ['a long name', ['n'.repeat(52) + 's'], 'is longer than 52 characters'],
  ])('refuses %s with 64, and says why', (_, args, reason) => {
    const stderr = refusal(...args);
    expect(stderr).toContain(reason);
    expect(stderr).toMatch(/: choose another name\n$/);
  });
});

describe('a store made by npm run new:store', () => {
  /** Names of several words, and records that are not called as the store is. */
  const [name, record] = ['audit_trail', 'trail_entry'];
  const written = [
    'src/stores/audit-trail',
    'test/contract/audit-trail',
    'test/e2e/audit-trail.test.ts',
    'test/support/lists/audit-trail.ts',
    'test/support/writes/audit-trail.ts',
  ];
  let copy: BrokenCopy;
  let made: Ran;
  beforeAll(async () => {
    copy = brokenCopy();
    made = await copy.npmRun(['new:store', '--', name, record]);
  }, LIMIT_MS);
  afterAll(() => {
    copy.discard();
  });

  const passes = async (program: string, ...args: readonly string[]): Promise<string> => {
    const { TEST_DATABASE_URL = '' } = process.env;
    const { code, output } = await copy.run(program, args, { TEST_DATABASE_URL });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ends with ${code}:\n${output}`);
    return output;
  };

  it('is said to be written, with what to run next', () => {
    expect(made.code).toBe(0);
    expect(made.output).toContain('\nsrc/stores/audit-trail/trail-entry.repository.sql.ts\n');
    expect(made.output).toContain('\n  npm run env:example && npm run reference\n');
  });

  it('has nothing left of the template', async () => {
    const search = ['-riE', 'sample.?thing', 'src', 'migrations', 'docs', ...written];
    expect(await copy.run('grep', search)).toEqual({ code: 1, output: '' });
  });

  it(
    'has types and style',
    async () => {
      const settings = {
        extends: './tsconfig.json',
        include: ['src', 'packages/*/src/*.d.ts', ...written],
      };
      copy.write('tsconfig.new-store.json', JSON.stringify(settings));
      await passes('npx', 'tsc', '-p', 'tsconfig.new-store.json');
      await passes('npx', 'eslint', ...written);
      await passes('npx', 'prettier', '--check', 'src', 'docs', ...written);
    },
    LIMIT_MS,
  );

  it(
    'is built, and passes its own tests and those of every store',
    async () => {
      await passes('npm', 'run', 'env:example');
      await passes('npm', 'run', 'reference');
      const jest = ['--', '--runInBand', '--verbose'];
      const repository = 'test/contract/audit-trail';
      const contract = await passes('npm', 'run', 'test:long', ...jest, repository);
      const output = await passes('npm', 'test', ...jest, repository, ...TESTS);
      for (const backend of ['IN_MEMORY', 'SQLITE', 'POSTGRES']) {
        expect(contract + output).toMatch(
          new RegExp(`^ +TrailEntryRepository on ${backend}$`, 'm'),
        );
      }
      for (const code of OWN_CODES) {
        expect(output).toMatch(new RegExp(`✓ (.* answer|end the start with) \\d+ (and )?${code} `));
      }
    },
    LIMIT_MS,
  );

  it.each([
    ['swallowed-writes', 'INSERT of audit_trail', 2],
    ['list-indexes', 'lists on SQLITE audit trail', 4],
  ])(
    'is judged by test/long/%s',
    async (file, title, cases) => {
      const jest = ['--', '--runInBand', '--verbose', `test/long/${file}`, '-t', title];
      const output = await passes('npm', 'run', 'test:long', ...jest);
      expect(output).toMatch(new RegExp(`^Tests: .*\\b${cases} passed`, 'm'));
    },
    LIMIT_MS,
  );
});
