import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import {
  documentOf,
  migrate,
  type MigrateTarget,
  postgresTarget,
  sqliteTarget,
} from '../support/migrate.js';
import { ofEveryStore } from '../support/registered.js';

const { later, temporaryFolder } = cleanup();

const TARGETS: readonly (readonly [string, () => Promise<MigrateTarget>])[] = [
  ['PostgreSQL', () => postgresTarget(later)],
  ['SQLite', () => Promise.resolve(sqliteTarget(temporaryFolder()))],
];

const difference = (
  table: string,
  object: string,
  name: string,
  expected: string | null,
  live: string | null,
) => ({ table, object, name, expected, live });

describe.each(TARGETS)('migrate status --drift on %s', (_name, createTarget) => {
  it('finds nothing in what the migrations have made, and leaves nothing behind', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    await target.exec('CREATE TABLE of_somebody_else (id integer)');
    const before = await target.everything();
    const plain = await migrate(target, ['status', '--json']);
    const drift = await migrate(target, ['status', '--drift', '--json']);
    expect({ code: drift.code, stderr: drift.stderr }).toEqual({ code: 0, stderr: '' });
    expect(documentOf(drift)).toEqual({
      ...(documentOf(plain) as object),
      drift: ofEveryStore([]),
    });
    const text = await migrate(target, ['status', '--drift']);
    expect({ code: text.code, stdout: text.stdout }).toEqual({
      code: 0,
      stdout: (await migrate(target, ['status'])).stdout,
    });
    expect(await target.everything()).toEqual(before);
  });

  it('compares with what is applied, not with what is pending', async () => {
    const target = await createTarget();
    const empty = await migrate(target, ['status', '--drift', '--json']);
    expect(empty.code).toBe(0);
    expect(documentOf(empty)).toMatchObject({
      status: 'pending',
      drift: ofEveryStore([]),
    });
    expect(await target.everything()).toEqual(
      target.dialect === 'postgres' ? ['information_schema', 'public'] : [],
    );

    await migrate(target, ['up', '--store', 'dpm']);
    const one = await migrate(target, ['status', '--drift', '--store', 'dpm', '--json']);
    expect(one.code).toBe(0);
    expect(documentOf(one)).toMatchObject({ drift: { dpm: [] } });
  });

  it('names what is missing, and exits with 1', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    await target.exec(
      'DROP INDEX proposal_records_by_state; DROP TABLE dpm_run_idempotency_history',
    );
    const json = await migrate(target, ['status', '--drift', '--json']);
    expect(json.code).toBe(1);
    expect(documentOf(json)).toMatchObject({
      status: 'head',
      drift: {
        dpm: [
          difference(
            'dpm_run_idempotency_history',
            'table',
            'dpm_run_idempotency_history',
            'a table',
            null,
          ),
        ],
        advisory: [
          difference(
            'proposal_records',
            'index',
            'proposal_records_by_state',
            '(current_state, created_at DESC, proposal_id DESC)',
            null,
          ),
        ],
        policy_packs: [],
        media: [],
      },
    });
    const { code, stdout } = await migrate(target, ['status', '--drift']);
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    const place = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(lines[place('dpm (') + 1]).toBe(
      '  differs  table dpm_run_idempotency_history is missing',
    );
    expect(lines[place('advisory (') + 1]).toBe(
      '  differs  proposal_records: index proposal_records_by_state is missing, expected (current_state, created_at DESC, proposal_id DESC)',
    );
    expect((await migrate(target, ['status'])).code).toBe(0);
  });

  it('a store in memory has nothing to compare', async () => {
    const target = await createTarget();
    const { DATABASE_URL, ...rest } = target.environment;
    const environment = {
      ...rest,
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      DB_TYPE: target.dialect === 'postgres' ? 'postgresql' : 'sqlite',
      ...(DATABASE_URL === undefined ? {} : { DATABASE_URL }),
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
    };
    await migrate({ environment }, ['up']);
    const json = await migrate({ environment }, ['status', '--drift', '--json']);
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expect(documentOf(json)).toMatchObject({
      drift: { ...ofEveryStore([]), advisory: null },
    });
  });

  it('a store that is ahead of this build is not compared', async () => {
    const target = await createTarget();
    await migrate(target, ['up']);
    await target.exec(
      `INSERT INTO holdfast_migrations (store, version, name, checksum, duration_ms, applied_by, build)
       VALUES ('dpm', '0099', 'add_future', 'f', 0, 'test', '9.0.0')`,
    );
    const json = await migrate(target, ['status', '--drift', '--json']);
    expect(documentOf(json)).toMatchObject({
      drift: { ...ofEveryStore([]), dpm: null },
    });
    expect((await migrate(target, ['status', '--drift'])).stdout).toContain(
      'not compared: this build does not know 0099_add_future',
    );
  });
});

describe('migrate status --drift on SQLite', () => {
  it('names every difference, and none for another way of writing', async () => {
    const target = sqliteTarget(temporaryFolder());
    await migrate(target, ['up']);
    await target.exec(`
      ALTER TABLE proposal_records ADD COLUMN hint TEXT DEFAULT 'x';
      DROP TABLE dpm_leases;
      CREATE TABLE dpm_leases (
        name TEXT PRIMARY KEY, holder INTEGER NOT NULL DEFAULT 0,
        expires_at TEXT NOT NULL COLLATE NOCASE, UNIQUE (holder)
      );
      DROP TABLE dpm_run_idempotency_history;
      CREATE TABLE dpm_run_idempotency_history (
        idempotency_key TEXT NOT NULL REFERENCES dpm_run_idempotency (idempotency_key)
          ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        use_no INTEGER NOT NULL, outcome TEXT NOT NULL, body_hash TEXT NOT NULL,
        correlation_id TEXT NOT NULL, occurred_at TEXT NOT NULL,
        PRIMARY KEY (use_no, idempotency_key)
      );
      DROP TABLE proposal_approvals;
      CREATE TABLE "proposal_approvals" (
        "approval_id" TEXT NOT NULL PRIMARY KEY, -- quoted
        [proposal_id] text NOT NULL REFERENCES "proposal_records",
        sequence_no INTEGER NOT NULL, approval_type TEXT NOT NULL,
        approved INTEGER NOT NULL CHECK ( "approved"   in (0 ,1) /* as before */ ),
        version_no INTEGER NOT NULL, actor_id TEXT NOT NULL, comment TEXT,
        occurred_at TEXT NOT NULL, CONSTRAINT once UNIQUE (proposal_id, sequence_no)
      );
      DROP TABLE policy_packs;
      CREATE TABLE policy_packs (
        policy_pack_id TEXT NOT NULL PRIMARY KEY, applies_to TEXT NOT NULL, target_id TEXT,
        version TEXT NOT NULL, definition TEXT NOT NULL, revision INTEGER NOT NULL,
        entity_tag TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
      );
      CREATE UNIQUE INDEX policy_packs_by_target ON policy_packs (applies_to, target_id DESC);
      CREATE UNIQUE INDEX policy_packs_one_default ON policy_packs (applies_to);
      CREATE INDEX policy_packs_by_scope
        ON policy_packs (applies_to, created_at DESC, policy_pack_id DESC);
      CREATE INDEX policy_packs_by_created ON policy_packs (created_at DESC, policy_pack_id DESC);
      CREATE INDEX policy_packs_by_word ON policy_packs (lower(version));`);
    const json = await migrate(target, ['status', '--drift', '--json']);
    expect(json.code).toBe(1);
    const cascade = 'REFERENCES dpm_run_idempotency(idempotency_key) ON DELETE CASCADE';
    const history = 'dpm_run_idempotency_history';
    const check = "CHECK ((applies_to = 'DEFAULT') = (target_id is null))";
    const now = `FOREIGN KEY (idempotency_key) ${cascade}`;
    const later = `${now} DEFERRABLE INITIALLY DEFERRED`;
    const key = 'PRIMARY KEY (idempotency_key, use_no)';
    const otherKey = 'PRIMARY KEY (use_no, idempotency_key)';
    expect((documentOf(json) as { drift: unknown }).drift).toEqual({
      dpm: [
        difference(history, 'primary key', key, key, null),
        difference(history, 'foreign key', now, now, null),
        difference(history, 'primary key', otherKey, null, otherKey),
        difference(history, 'foreign key', later, null, later),
        difference('dpm_leases', 'nullability of column', 'name', 'NOT NULL', 'NULL'),
        difference('dpm_leases', 'type of column', 'holder', 'TEXT', 'INTEGER'),
        difference('dpm_leases', 'default of column', 'holder', 'none', '0'),
        difference('dpm_leases', 'collation of column', 'expires_at', 'default', 'nocase'),
        difference('dpm_leases', 'unique constraint', 'UNIQUE (holder)', null, 'UNIQUE (holder)'),
      ],
      advisory: [difference('proposal_records', 'column', 'hint', null, `TEXT NULL DEFAULT 'x'`)],
      policy_packs: [
        difference('policy_packs', 'check constraint', check, check, null),
        difference(
          'policy_packs',
          'index',
          'policy_packs_by_target',
          'UNIQUE (target_id, applies_to)',
          'UNIQUE (applies_to, target_id DESC)',
        ),
        difference(
          'policy_packs',
          'index',
          'policy_packs_one_default',
          'UNIQUE (applies_to) WHERE target_id is null',
          'UNIQUE (applies_to)',
        ),
        difference('policy_packs', 'index', 'policy_packs_by_word', null, '(lower (version))'),
      ],
      media: [],
    });
  });
});
