import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { documentOf, migrate } from '../support/migrate.js';
import { execute, installation, jsonLines } from '../support/program.js';
import { resettable } from '../support/reset.js';

const cleaning = cleanup();
const { onPostgres, onSqlite } = resettable(cleaning);
const SAID = '0004_add_notes.sql, line 1: it holds no statement yet: write it, or remove the file';

describe.each([
  ['PostgreSQL', onPostgres],
  ['SQLite', onSqlite],
])('a migration that holds no statement yet, on %s,', (_, open) => {
  const withNew = async (args: readonly string[] = []) => {
    const own = installation();
    cleaning.later(own.remove);
    const target = await open();
    const options = { installation: own.folder };
    const run = (each: readonly string[]) => migrate(target, each, options);
    const made = await run(['new', 'add_notes', '--store', 'advisory', ...args]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const file = join(own.folder, 'migrations', 'advisory', target.dialect, '0004_add_notes.sql');
    return { target, options, run, file };
  };

  it.each([[[]], [['--no-transaction']]])(
    'is refused before anything is run, and applied once it is written: new %p',
    async (args) => {
      const { target, run, file } = await withNew(args);
      const before = await target.everything();
      for (const command of ['up', 'plan']) {
        const refused = await run([command]);
        expect([refused.code, refused.stderr.split('\n', 1)]).toEqual([
          1,
          ['MIGRATION_INVALID:advisory:0004'],
        ]);
        expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(SAID);
      }
      expect(await target.everything()).toEqual(before);
      writeFileSync(file, ' /* of a reviewer */ ;\n;');
      expect(await run(['up'])).toMatchObject({ code: 1 });
      writeFileSync(file, '-- of a reviewer\nCREATE TABLE notes (id integer);\n');
      expect(await run(['up'])).toMatchObject({ code: 0 });
      expect(documentOf(await run(['status', '--json']))).toMatchObject({ status: 'head' });
    },
  );

  it('is not applied by a start, either', async () => {
    const { target, options } = await withNew();
    const environment = { ...target.environment, MIGRATE_ON_START: 'true' };
    const { code, stdout } = await execute('main.js', [], environment, options);
    expect(code).toBe(1);
    expect(jsonLines(stdout).flatMap((line) => line.code ?? [])).toEqual([
      'MIGRATION_INVALID:advisory:0004',
    ]);
  });

  it('is told by lint', async () => {
    const { target, run } = await withNew();
    const { code, stdout } = await run(['lint', '--json', '--fail-on', 'will-fail']);
    expect(code).toBe(1);
    const { migrations } = JSON.parse(stdout) as {
      migrations: { dialect: string; migration: string; statements: object[] }[];
    };
    const judged = migrations.find(
      ({ dialect, migration }) => dialect === target.dialect && migration === '0004_add_notes',
    );
    expect(judged?.statements).toMatchObject([
      { number: 0, verdicts: [{ verdict: 'WILL FAIL', rule: 'invalid' }] },
    ]);
  });

  it('keeps a reset from dropping anything', async () => {
    const { target, run } = await withNew();
    expect(await migrate(target, ['up'])).toMatchObject({ code: 0 });
    const before = await target.everything();
    const { code, stderr } = await run(['reset', '--yes']);
    expect([code, stderr.split('\n', 1)]).toEqual([1, ['MIGRATION_INVALID:advisory:0004']]);
    expect(await target.everything()).toEqual(before);
  });
});
