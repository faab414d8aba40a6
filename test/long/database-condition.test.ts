import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf } from '../support/migrate.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.js';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

/** What the server is told at the start of a case, and what it takes back. */
let server: PostgresServer;
let database: TestDatabase;
let environment: Environment;
beforeAll(async () => {
  server = await startPostgresServer(undefined, ['--no-data-checksums']);
  database = await createDatabase(
    server.url,
    `TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'`,
  );
  const owner = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: database.url,
    DPM_POLICY_PACKS_ENABLED: 'true',
  };
  expect(await execute('cli.js', ['migrate', 'up'], owner)).toMatchObject({ code: 0 });
  await database.query(`CREATE ROLE app LOGIN PASSWORD 'app'`);
  await database.query(
    'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app',
  );
  environment = {
    ...owner,
    HOST: '127.0.0.1',
    DATABASE_URL: Object.assign(new URL(database.url), { username: 'app', password: 'app' }).href,
  };
});
afterAll(() => server.remove());

interface Condition {
  readonly name: string;
  readonly apply: readonly string[];
  readonly undo: readonly string[];
  readonly code: string;
  /** Name of the check of `holdfast check --connect`. */
  readonly check: string;
  /** What logs and commands say, and bodies do not. */
  readonly says: string;
}

const reload = (statement: string) => [statement, 'SELECT pg_reload_conf()'];
const OUTDATED = `UPDATE pg_database SET datcollversion = '0' WHERE datname = current_database()`;

const UNDURABLE: readonly Condition[] = [
  {
    name: 'fsync is off',
    apply: reload('ALTER SYSTEM SET fsync = off'),
    undo: reload('ALTER SYSTEM RESET fsync'),
    says: 'fsync is off',
  },
  {
    name: 'full_page_writes is off',
    apply: reload('ALTER SYSTEM SET full_page_writes = off'),
    undo: reload('ALTER SYSTEM RESET full_page_writes'),
    says: 'full_page_writes is off',
  },
  ...['proposal_workflow_events', 'holdfast_migrations', 'holdfast_identity'].map((table) => ({
    name: `${table} is UNLOGGED`,
    apply: [`ALTER TABLE ${table} SET UNLOGGED`],
    undo: [`ALTER TABLE ${table} SET LOGGED`],
    says: `${table} is UNLOGGED`,
  })),
  {
    name: 'the collation of the database has changed',
    apply: [OUTDATED],
    undo: [
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I REFRESH COLLATION VERSION', current_database()); END $$",
    ],
    says: 'the default of the database has another version',
  },
  {
    name: 'the collation of an index has changed',
    apply: [
      `CREATE COLLATION swedish (provider = icu, locale = 'sv')`,
      'CREATE INDEX by_title ON proposal_records (title COLLATE swedish)',
      `UPDATE pg_collation SET collversion = '0' WHERE collname = 'swedish'`,
    ],
    undo: ['DROP INDEX by_title', 'DROP COLLATION swedish'],
    says: 'the collation swedish has another version',
  },
].map((each) => ({ ...each, code: 'POSTGRES_NOT_DURABLE', check: 'durability' }));

const RIGHTLESS: readonly Condition[] = [
  {
    name: 'INSERT, UPDATE and DELETE are revoked',
    apply: ['REVOKE INSERT, UPDATE, DELETE ON proposal_records, dpm_runs FROM app'],
    undo: ['GRANT INSERT, UPDATE, DELETE ON proposal_records, dpm_runs TO app'],
    says: 'INSERT on proposal_records',
  },
  {
    name: 'the right to a schema is revoked',
    apply: ['REVOKE USAGE ON SCHEMA public FROM PUBLIC'],
    undo: ['GRANT USAGE ON SCHEMA public TO PUBLIC'],
    says: '',
  },
  {
    name: 'the ledger may not be read',
    apply: ['REVOKE SELECT ON holdfast_migrations FROM app'],
    undo: ['GRANT SELECT ON holdfast_migrations TO app'],
    says: '',
  },
  {
    name: 'row-level security has no policy for the role',
    apply: ['ALTER TABLE proposal_versions ENABLE ROW LEVEL SECURITY'],
    undo: ['ALTER TABLE proposal_versions DISABLE ROW LEVEL SECURITY'],
    says: 'SELECT on proposal_versions',
  },
  {
    name: 'the right to UPDATE is left on columns that no statement sets',
    apply: [
      'REVOKE UPDATE ON proposal_records FROM app',
      'GRANT UPDATE (title, revision) ON proposal_records TO app',
    ],
    undo: ['GRANT UPDATE ON proposal_records TO app'],
    says: 'UPDATE on proposal_records',
  },
  {
    name: 'the right was one of a role that it is no longer in',
    apply: [
      'CREATE ROLE writers',
      'GRANT DELETE ON dpm_runs TO writers',
      'REVOKE DELETE ON dpm_runs FROM app',
    ],
    undo: ['GRANT DELETE ON dpm_runs TO app', 'DROP OWNED BY writers', 'DROP ROLE writers'],
    says: 'DELETE on dpm_runs',
  },
].map((each) => ({ ...each, code: 'POSTGRES_RIGHTS_MISSING', check: 'rights' }));

const INTERCEPTING: readonly Condition[] = [
  {
    name: 'a trigger drops what is inserted',
    apply: [
      'CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      'CREATE TRIGGER swallows BEFORE INSERT ON proposal_versions FOR EACH ROW EXECUTE FUNCTION swallow()',
    ],
    undo: ['DROP FUNCTION swallow CASCADE'],
    says: 'the trigger swallows on proposal_versions',
  },
  {
    name: 'a rule does nothing instead',
    apply: ['CREATE RULE ignored AS ON INSERT TO dpm_lineage_edges DO INSTEAD NOTHING'],
    undo: ['DROP RULE ignored ON dpm_lineage_edges'],
    says: 'the rule ignored on dpm_lineage_edges',
  },
  {
    name: 'a policy hides rows',
    apply: [
      'CREATE POLICY few ON dpm_runs USING (portfolio_id = current_user)',
      'ALTER TABLE dpm_runs ENABLE ROW LEVEL SECURITY',
    ],
    undo: ['ALTER TABLE dpm_runs DISABLE ROW LEVEL SECURITY', 'DROP POLICY few ON dpm_runs'],
    says: 'policies of row-level security on dpm_runs for SELECT, INSERT, UPDATE, DELETE',
  },
  {
    name: 'a policy restricts what another one allows',
    apply: [
      'CREATE POLICY all_of_them ON proposal_approvals USING (true)',
      'CREATE POLICY less ON proposal_approvals AS RESTRICTIVE FOR INSERT WITH CHECK (approved)',
      'ALTER TABLE proposal_approvals ENABLE ROW LEVEL SECURITY',
    ],
    undo: [
      'ALTER TABLE proposal_approvals DISABLE ROW LEVEL SECURITY',
      'DROP POLICY less ON proposal_approvals',
      'DROP POLICY all_of_them ON proposal_approvals',
    ],
    says: 'policies of row-level security on proposal_approvals for INSERT',
  },
].map((each) => ({ ...each, code: 'POSTGRES_WRITES_INTERCEPTED', check: 'writes' }));

const MISMATCHED: readonly Condition[] = [
  {
    name: 'a column is renamed',
    apply: ['ALTER TABLE proposal_records RENAME COLUMN title TO heading'],
    undo: ['ALTER TABLE proposal_records RENAME COLUMN heading TO title'],
    says: 'there is no column proposal_records.title',
  },
  {
    name: 'a table is renamed',
    apply: ['ALTER TABLE proposal_versions RENAME TO versions'],
    undo: ['ALTER TABLE versions RENAME TO proposal_versions'],
    says: 'there is no table proposal_versions',
  },
  {
    name: 'a column has another type',
    apply: ['ALTER TABLE dpm_runs ALTER decisions_count TYPE bigint'],
    undo: ['ALTER TABLE dpm_runs ALTER decisions_count TYPE integer'],
    says: 'dpm_runs.decisions_count is int8, not int4',
  },
  {
    name: 'a schema that is named like the role has a table of the same name',
    apply: [
      'CREATE SCHEMA app',
      'CREATE TABLE app.proposal_records (LIKE public.proposal_records INCLUDING ALL)',
      'GRANT USAGE ON SCHEMA app TO app',
      'GRANT ALL ON ALL TABLES IN SCHEMA app TO app',
    ],
    undo: ['DROP SCHEMA app CASCADE'],
    says: 'proposal_records is in several schemas of the search path: app, public',
  },
  {
    name: 'a second ledger is in the search path',
    apply: [
      'CREATE SCHEMA app',
      'CREATE TABLE app.holdfast_migrations AS TABLE public.holdfast_migrations',
      'GRANT USAGE ON SCHEMA app TO app',
      'GRANT ALL ON ALL TABLES IN SCHEMA app TO app',
    ],
    undo: ['DROP SCHEMA app CASCADE'],
    says: 'holdfast_migrations is in several schemas of the search path: app, public',
  },
  {
    name: 'a text has a bound',
    apply: ['ALTER TABLE proposal_records ALTER title TYPE varchar(120)'],
    undo: ['ALTER TABLE proposal_records ALTER title TYPE text'],
    says: 'proposal_records.title is varchar(120), not text',
  },
  {
    name: 'a time loses its fractions',
    apply: ['ALTER TABLE proposal_records ALTER created_at TYPE timestamptz(0)'],
    undo: ['ALTER TABLE proposal_records ALTER created_at TYPE timestamptz'],
    says: 'proposal_records.created_at is timestamptz(0), not timestamptz',
  },
  {
    name: 'a domain bounds a text',
    apply: [
      'CREATE DOMAIN short AS varchar(200)',
      'ALTER TABLE proposal_records ALTER title TYPE short',
    ],
    undo: ['ALTER TABLE proposal_records ALTER title TYPE text', 'DROP DOMAIN short'],
    says: 'proposal_records.title is varchar(200), not text',
  },
  {
    name: 'a column that nobody fills in is required',
    apply: ['ALTER TABLE dpm_runs ADD COLUMN origin text NOT NULL'],
    undo: ['ALTER TABLE dpm_runs DROP COLUMN origin'],
    says: 'dpm_runs.origin',
  },
  {
    name: 'a column takes no NULL any more',
    apply: ['ALTER TABLE proposal_records ALTER mandate_id SET NOT NULL'],
    undo: ['ALTER TABLE proposal_records ALTER mandate_id DROP NOT NULL'],
    says: 'proposal_records.mandate_id takes no NULL',
  },
  {
    name: 'a CHECK that nothing passes is added',
    apply: ['ALTER TABLE proposal_records ADD CONSTRAINT never CHECK (false) NOT VALID'],
    undo: ['ALTER TABLE proposal_records DROP CONSTRAINT never'],
    says: 'proposal_records has never, which this build does not know',
  },
  {
    name: 'a unique index of others is added',
    apply: ['CREATE UNIQUE INDEX once ON proposal_versions (document_hash)'],
    undo: ['DROP INDEX once'],
    says: 'proposal_versions has once, which this build does not know',
  },
  {
    name: 'a foreign key of others is added',
    apply: [
      'CREATE TABLE portfolios (id text PRIMARY KEY)',
      'ALTER TABLE dpm_runs ADD CONSTRAINT known FOREIGN KEY (portfolio_id) REFERENCES portfolios NOT VALID',
    ],
    undo: ['DROP TABLE portfolios CASCADE'],
    says: 'dpm_runs has known, which this build does not know',
  },
  {
    name: 'an exclusion constraint is added',
    apply: [
      'ALTER TABLE dpm_async_operations ADD CONSTRAINT alone EXCLUDE USING btree (operation_type WITH =)',
    ],
    undo: ['ALTER TABLE dpm_async_operations DROP CONSTRAINT alone'],
    says: 'dpm_async_operations has alone, which this build does not know',
  },
  {
    name: 'a primary key is gone that ON CONFLICT needs',
    apply: ['ALTER TABLE proposal_idempotency DROP CONSTRAINT proposal_idempotency_pkey'],
    undo: ['ALTER TABLE proposal_idempotency ADD PRIMARY KEY (idempotency_key)'],
    says: 'there is no unique index on proposal_idempotency (idempotency_key)',
  },
  {
    name: 'a unique index is there for a part of the rows alone',
    apply: [
      'ALTER TABLE dpm_lineage_edges DROP CONSTRAINT dpm_lineage_edges_source_edge_type_target_key',
      `CREATE UNIQUE INDEX part ON dpm_lineage_edges (source, edge_type, target) WHERE source <> ''`,
    ],
    undo: [
      'DROP INDEX part',
      'ALTER TABLE dpm_lineage_edges ADD UNIQUE (source, edge_type, target)',
    ],
    says: 'there is no unique index on dpm_lineage_edges (edge_type, source, target)',
  },
  {
    name: 'a unique index is not valid',
    apply: [
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'policy_packs_by_target'::regclass`,
    ],
    undo: [
      `UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'policy_packs_by_target'::regclass`,
    ],
    says: 'there is no unique index on policy_packs (applies_to, target_id)',
  },
  {
    name: 'a unique key can be deferred',
    apply: [
      'ALTER TABLE dpm_async_operations DROP CONSTRAINT dpm_async_operations_correlation_id_key',
      'ALTER TABLE dpm_async_operations ADD CONSTRAINT later UNIQUE (correlation_id) DEFERRABLE',
    ],
    undo: [
      'ALTER TABLE dpm_async_operations DROP CONSTRAINT later',
      'ALTER TABLE dpm_async_operations ADD UNIQUE (correlation_id)',
    ],
    says: 'there is no unique index on dpm_async_operations (correlation_id)',
  },
].map((each) => ({ ...each, code: 'SCHEMA_INCOMPATIBLE', check: 'schema' }));

const ALL = [...UNDURABLE, ...RIGHTLESS, ...INTERCEPTING, ...MISMATCHED];

async function change(statements: readonly string[]): Promise<void> {
  for (const statement of statements) await database.query(statement);
}

async function during<T>({ apply, undo }: Condition, work: () => Promise<T>): Promise<T> {
  await change(apply);
  try {
    return await work();
  } finally {
    await change(undo);
  }
}

interface Line {
  readonly name: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly detail: string;
}

async function checked(more: Environment = {}): Promise<readonly Line[]> {
  const given = { ...environment, ...more };
  const ended = await execute('cli.js', ['check', '--connect', '--json'], given);
  return (documentOf(ended) as { readonly checks: readonly Line[] }).checks;
}

describe.each(ALL)('when $name', (condition) => {
  it(`is refused with ${condition.code}, and check says why`, async () => {
    const { ended, lines } = await during(condition, async () => ({
      ended: await execute('main.js', [], environment),
      lines: await checked(),
    }));
    expect(ended.code).toBe(69);
    const last = jsonLines(ended.stdout).at(-1);
    expect(last).toMatchObject({ event: 'startup.failed', code: condition.code });
    expect(last?.message).toContain(condition.says);
    const line = lines.find(({ name }) => name === `database.primary.${condition.check}`);
    expect(line).toMatchObject({ ok: false, code: condition.code });
    expect(line?.detail).toContain(condition.says);
  });
});

const WARNED = [
  {
    check: 'synchronous_commit',
    code: 'POSTGRES_COMMITS_UNFLUSHED',
    apply: ['ALTER ROLE app SET synchronous_commit = off'],
    undo: ['ALTER ROLE app RESET synchronous_commit'],
  },
  {
    check: 'transaction_ids',
    code: 'POSTGRES_TRANSACTION_IDS_LOW',
    apply: [`UPDATE pg_database SET datfrozenxid = '2200000000' WHERE datname = 'template0'`],
    undo: [
      `UPDATE pg_database SET datfrozenxid = (SELECT datfrozenxid FROM pg_database WHERE datname = current_database()) WHERE datname = 'template0'`,
    ],
  },
  { check: 'checksums', code: 'POSTGRES_CHECKSUMS_MISSING', apply: [], undo: [] },
  {
    check: 'durability',
    code: 'POSTGRES_NOT_DURABLE',
    apply: ['ALTER TABLE proposal_workflow_events SET UNLOGGED'],
    undo: ['ALTER TABLE proposal_workflow_events SET LOGGED'],
    more: { DB_DURABILITY: 'warn' },
  },
  {
    check: 'writes',
    code: 'POSTGRES_WRITES_INTERCEPTED',
    apply: ['CREATE RULE ignored AS ON INSERT TO dpm_lineage_edges DO INSTEAD NOTHING'],
    undo: ['DROP RULE ignored ON dpm_lineage_edges'],
    more: { DB_DURABILITY: 'warn' },
  },
  {
    check: 'writes',
    code: 'POSTGRES_TRIGGERS_PRESENT',
    apply: [
      'CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      'CREATE TRIGGER looks AFTER INSERT ON dpm_runs FOR EACH ROW EXECUTE FUNCTION look()',
    ],
    undo: ['DROP FUNCTION look CASCADE'],
  },
];

it.each(WARNED)('$code is a warning at the start and of check', async (warning) => {
  const more = 'more' in warning ? warning.more : {};
  const look = async () => {
    const lines = await checked(more);
    expect(lines.find(({ name }) => name === `database.primary.${warning.check}`)).toMatchObject({
      ok: true,
      code: warning.code,
    });
    const service = await started(more);
    expect((await ready(service)).status).toBe(200);
    expect(jsonLines(service.output())).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'database.warning', code: warning.code }),
    );
  };
  await change(warning.apply);
  try {
    await (warning.code === 'POSTGRES_TRANSACTION_IDS_LOW'
      ? untilSeen(warning.apply, look)
      : look());
  } finally {
    await change(warning.undo);
  }
});

/** Autovacuum makes old transaction ids young again, at any time: they are made old anew. */
async function untilSeen(apply: readonly string[], look: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    await change(apply);
    await look();
  });
}

async function started(more: Environment = {}): Promise<Service> {
  const service = await startService({ ...environment, ...more }, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  return service;
}

interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly code?: string }>>;
}

async function ready({ url }: Service) {
  const response = await fetch(`${url}/health/ready`);
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Readiness };
}

/** In seconds, with some for the machine. */
const NOTICED_WITHIN = 5000;

const NOTICED = [...RIGHTLESS, ...INTERCEPTING, ...MISMATCHED];

it('notices while it serves that rights and tables change, and that they are back', async () => {
  const service = await started();
  for (const condition of NOTICED) {
    await during(condition, () =>
      eventually(async () => {
        const { status, text, body } = await ready(service);
        expect({ condition: condition.name, status }).toEqual({
          condition: condition.name,
          status: 503,
        });
        const isSchema = condition.code === 'SCHEMA_INCOMPATIBLE';
        expect(body.checks[isSchema ? 'migrations' : 'db']).toMatchObject({
          ok: false,
          detail: isSchema ? 'drifted' : 'connected',
          code: condition.code,
        });
        expect(text).not.toMatch(/proposal_|dpm_|title|heading|INSERT|swallow|trigger/);
      }, NOTICED_WITHIN),
    );
    await eventually(async () => {
      expect((await ready(service)).status).toBe(200);
    }, NOTICED_WITHIN);
    if (condition.says !== '') expect(service.output()).toContain(condition.says);
  }
}, 120_000);

it('tells which store the tables are of', async () => {
  const service = await started();
  const [renamed] = MISMATCHED;
  if (!renamed) throw new Error('there is a case');
  await during(renamed, () =>
    eventually(async () => {
      const answer = await fetch(`${service.url}/health/migrations`);
      expect(await answer.json()).toMatchObject({
        status: 'drifted',
        stores: { advisory: { status: 'drifted', drifted: [] }, dpm: { status: 'head' } },
      });
    }, NOTICED_WITHIN),
  );
});

it('notices that what is acknowledged is not kept, with the next session of its probe', async () => {
  const service = await started();
  const [, , unlogged] = UNDURABLE;
  if (!unlogged) throw new Error('there is a case');
  expect((await ready(service)).status).toBe(200);
  await during(unlogged, async () => {
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast probe'`,
    );
    await eventually(async () => {
      const { status, body } = await ready(service);
      expect({ status, db: body.checks.db }).toMatchObject({
        status: 503,
        db: { ok: false, detail: 'connected', code: 'POSTGRES_NOT_DURABLE' },
      });
    }, NOTICED_WITHIN);
  });
});

it('takes rights on columns for rights', async () => {
  await change([
    'REVOKE SELECT, UPDATE ON policy_packs FROM app',
    'GRANT SELECT (policy_pack_id, applies_to, target_id, version, definition, revision, entity_tag, created_at, updated_at) ON policy_packs TO app',
    'GRANT UPDATE (applies_to, target_id, version, definition, revision, entity_tag, updated_at) ON policy_packs TO app',
  ]);
  later(() => change(['GRANT SELECT, UPDATE ON policy_packs TO app']));
  const lines = await checked();
  expect(lines.find(({ name }) => name === 'database.primary.rights')).toMatchObject({ ok: true });
});

it('goes on with policies that hide nothing, and with triggers that are off', async () => {
  await change([
    'CREATE POLICY open ON policy_packs TO app USING (true) WITH CHECK (true)',
    'ALTER TABLE policy_packs ENABLE ROW LEVEL SECURITY',
    'CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    'CREATE TRIGGER swallows BEFORE INSERT ON dpm_runs FOR EACH ROW EXECUTE FUNCTION swallow()',
    'ALTER TABLE dpm_runs DISABLE TRIGGER swallows',
  ]);
  later(() =>
    change([
      'ALTER TABLE policy_packs DISABLE ROW LEVEL SECURITY',
      'DROP POLICY open ON policy_packs',
      'DROP FUNCTION swallow CASCADE',
    ]),
  );
  const lines = await checked();
  for (const name of ['rights', 'schema', 'writes'])
    expect(lines.find((line) => line.name === `database.primary.${name}`)).toMatchObject({
      ok: true,
      code: null,
    });
});
