import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import {
  documentOf,
  migrate,
  migrationTexts,
  type MigrateTarget,
  postgresTarget,
  sqliteTarget,
} from '../support/migrate.js';

const { later, temporaryFolder } = cleanup();

const TARGETS: readonly (readonly [string, () => Promise<MigrateTarget>])[] = [
  ['PostgreSQL', () => postgresTarget(later)],
  ['SQLite', () => Promise.resolve(sqliteTarget(temporaryFolder()))],
];

const ADVISORY = ['0001_create_proposals', '0002_add_workflow', '0003_add_request_keys'];

/** As the ledger has it of a migration. */
const compatible = (id: string, { dialect }: MigrateTarget) => {
  const is = id === '0003_add_request_keys';
  return dialect === 'sqlite' ? Number(is) : is;
};

/** A database that somebody has made the tables of a store in, without the command. */
async function madeByHand(
  createTarget: () => Promise<MigrateTarget>,
  store = 'advisory',
  count = 3,
): Promise<MigrateTarget> {
  const target = await createTarget();
  for (const sql of migrationTexts(store, target.dialect).slice(0, count)) await target.exec(sql);
  return target;
}

const baseline = (target: Pick<MigrateTarget, 'environment'>, ...args: readonly string[]) =>
  migrate(target, ['baseline', ...args]);

interface Refusal {
  readonly error: { readonly code: string; readonly errors?: readonly { message: string }[] };
}

describe.each(TARGETS)('migrate baseline on %s', (_name, createTarget) => {
  it('enters what is there as applied, so that nothing is left to do', async () => {
    const target = await madeByHand(createTarget);
    const ended = await baseline(target, '--store', 'advisory', '--to', '0003');
    expect(ended).toMatchObject({
      code: 0,
      signal: null,
      stdout: ADVISORY.map((id) => `advisory ${id}: entered as applied\n`).join(''),
      stderr: '',
    });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const ledger = await target.rows<{ applied_at: string | Date }>(
      'SELECT * FROM holdfast_migrations ORDER BY version',
    );
    expect(ledger).toEqual(
      ADVISORY.map((id) => ({
        store: 'advisory',
        version: id.slice(0, 4),
        name: id.slice(5),
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        applied_at: expect.anything(),
        duration_ms: 0,
        applied_by: expect.stringMatching(/ pid \d+ baseline$/),
        build: version,
        backward_compatible: compatible(id, target),
      })),
    );
    const status = await migrate(target, ['status', '--store', 'advisory', '--drift', '--json']);
    expect(status.code).toBe(0);
    expect(documentOf(status)).toMatchObject({ status: 'head', drift: { advisory: [] } });
    expect((await migrate(target, ['up', '--store', 'advisory'])).stdout).toBe('Nothing to do.\n');
    expect(await migrate(target, ['up'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('up goes on behind an older baseline; --json prints one document', async () => {
    const target = await madeByHand(createTarget, 'advisory', 1);
    const ended = await baseline(target, '--store', 'advisory', '--to', '0001', '--json');
    expect(ended.code).toBe(0);
    expect(documentOf(ended)).toEqual({
      baseline: [{ store: 'advisory', migration: ADVISORY[0] }],
    });
    const up = await migrate(target, ['up', '--store', 'advisory', '--json']);
    expect(documentOf(up)).toMatchObject({
      applied: [{ migration: ADVISORY[1] }, { migration: ADVISORY[2] }],
    });
    expect((await migrate(target, ['status', '--store', 'advisory', '--drift'])).code).toBe(0);
  });

  it('adopts one store beside another that is migrated', async () => {
    const target = await madeByHand(createTarget);
    await migrate(target, ['up', '--store', 'dpm']);
    expect((await baseline(target, '--store', 'advisory', '--to', '0003')).code).toBe(0);
    const status = await migrate(target, ['status', '--json']);
    expect(documentOf(status)).toMatchObject({
      stores: { dpm: { status: 'head' }, advisory: { status: 'head' } },
    });
  });

  it('refuses tables that differ, lists all differences, and writes nothing', async () => {
    const target = await madeByHand(createTarget);
    await target.exec(
      `DROP INDEX proposal_records_by_state;
       ALTER TABLE proposal_records ADD COLUMN hint text;
       DROP TABLE proposal_async_operations`,
    );
    const before = await target.everything();
    const args = ['--store', 'advisory', '--to', '0003'];
    const ended = await baseline(target, ...args, '--json');
    expect(ended.code).toBe(1);
    const { error } = documentOf(ended) as Refusal;
    expect(error.code).toBe('MIGRATION_BASELINE_REFUSED');
    const messages = error.errors?.map(({ message }) => message) ?? [];
    const hint = target.dialect === 'postgres' ? 'text' : 'TEXT';
    expect(messages.toSorted()).toEqual([
      `proposal_records: column hint is made by no migration: ${hint} NULL`,
      'proposal_records: index proposal_records_by_state is missing, expected (current_state, created_at DESC, proposal_id DESC)',
      'table proposal_async_operations is missing',
    ]);
    const text = await baseline(target, ...args);
    expect({ code: text.code, stdout: text.stdout }).toEqual({ code: 1, stdout: '' });
    expect(text.stderr).toContain('MIGRATION_BASELINE_REFUSED');
    for (const message of messages) expect(text.stderr).toContain(`  - ${message}\n`);
    expect(await target.everything()).toEqual(before);
  });

  it.each([
    ['older than --to', 'advisory', 1, '0003', 'table proposal_approvals is missing'],
    ['of another store', 'dpm', 3, '0003', 'table proposal_records is missing'],
  ])('refuses tables that are %s', async (_what, store, count, to, message) => {
    const target = await madeByHand(createTarget, store, count);
    const before = await target.everything();
    const ended = await baseline(target, '--store', 'advisory', '--to', to);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(message);
    expect(await target.everything()).toEqual(before);
  });

  it('refuses a database without tables, and makes none', async () => {
    const target = await createTarget();
    const before = await target.everything();
    const ended = await baseline(target, '--store', 'advisory', '--to', '0001', '--json');
    expect(ended.code).toBe(1);
    expect((documentOf(ended) as Refusal).error.code).toBe('MIGRATION_BASELINE_REFUSED');
    expect(await target.everything()).toEqual(before);
    const file = target.environment.SQLITE_PATH;
    expect(file !== undefined && existsSync(file)).toBe(false);
  });

  it('refuses a store that the ledger knows already', async () => {
    const target = await createTarget();
    await migrate(target, ['up', '--store', 'advisory']);
    const ledger = () => target.rows('SELECT * FROM holdfast_migrations ORDER BY version');
    const before = await ledger();
    const ended = await baseline(target, '--store', 'advisory', '--to', '0003');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('MIGRATION_BASELINE_REFUSED');
    expect(ended.stderr).toContain(`the ledger has ${ADVISORY.join(', ')} of advisory already`);
    expect(await ledger()).toEqual(before);
  });

  it.each([
    [['--to', '0001'], '--store'],
    [['--store', 'advisory'], '--to'],
    [['--store', 'advisory', '--to', '0004'], '0001, 0002, 0003'],
    [['--store', 'advisory', '--to', '2'], '0001, 0002, 0003'],
    [['--store', 'advisory', '--to', ''], '0001, 0002, 0003'],
    [['--store', 'nothing', '--to', '0001'], 'nothing'],
  ])('%j is wrong usage', async (args, named) => {
    const target = await createTarget();
    const before = await target.everything();
    const ended = await baseline(target, ...args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 64, stdout: '' });
    expect(ended.stderr).toContain(named);
    expect(await target.everything()).toEqual(before);
  });

  it('a store in memory is wrong usage', async () => {
    const environment = { PROPOSAL_STORE_BACKEND: 'IN_MEMORY' };
    const ended = await baseline({ environment }, '--store', 'advisory', '--to', '0001');
    expect(ended.code).toBe(64);
    expect(ended.stderr).toContain('in memory');
  });

  it('shows its help', async () => {
    const ended = await baseline({ environment: {} }, '--help');
    expect(ended.code).toBe(0);
    for (const option of ['--store <name>', '--to <version>', '--json']) {
      expect(ended.stdout).toContain(option);
    }
  });
});

describe('migrate baseline on PostgreSQL', () => {
  it('several at once: one takes over, the others are refused', async () => {
    const target = await madeByHand(() => postgresTarget(later));
    const all = await Promise.all(
      Array.from({ length: 4 }, () => baseline(target, '--store', 'advisory', '--to', '0003')),
    );
    expect(all.map(({ code }) => code).toSorted()).toEqual([0, 1, 1, 1]);
    expect(await target.rows('SELECT version FROM holdfast_migrations ORDER BY 1')).toEqual([
      { version: '0001' },
      { version: '0002' },
      { version: '0003' },
    ]);
  });

  it('keeps out while a migrator of the store is at work', async () => {
    const target = await madeByHand(() => postgresTarget(later));
    const migrator = new pg.Client({ connectionString: target.environment.DATABASE_URL });
    await migrator.connect();
    later(() => migrator.end());
    await migrator.query(
      `SELECT pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`,
    );
    const before = await target.everything();
    const environment = { ...target.environment, MIGRATION_LOCK_TIMEOUT: '1' };
    const ended = await baseline({ environment }, '--store', 'advisory', '--to', '0003');
    expect(ended.code).toBe(69);
    expect(ended.stderr).toContain('MIGRATION_LOCK_TIMEOUT');
    expect(await target.everything()).toEqual(before);
  });

  it('refuses a constraint that is there but was never validated', async () => {
    const target = await madeByHand(() => postgresTarget(later));
    await target.exec(
      `ALTER TABLE proposal_versions DROP CONSTRAINT proposal_versions_proposal_id_fkey,
         ADD CONSTRAINT proposal_versions_proposal_id_fkey FOREIGN KEY (proposal_id)
           REFERENCES proposal_records NOT VALID`,
    );
    const ended = await baseline(target, '--store', 'advisory', '--to', '0003');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('is NOT VALID, expected valid');
  });
});

describe('migrate baseline on SQLite', () => {
  it('leaves a file that it refuses as it was, byte by byte', async () => {
    const folder = temporaryFolder();
    const target = await madeByHand(() => Promise.resolve(sqliteTarget(folder)));
    await target.exec('DROP INDEX proposal_records_by_state');
    const file = join(folder, 'holdfast.sqlite');
    const before = readFileSync(file);
    expect((await baseline(target, '--store', 'advisory', '--to', '0003')).code).toBe(1);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
