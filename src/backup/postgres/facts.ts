import type pg from 'pg';
import { readLiveIdentity } from '@holdfast/postgres/verification/verified-identity';
import type { LiveIdentity } from '@holdfast/postgres/verification/identity';
import type { PostgresBackup } from '../manifest.js';
import { OWNERS } from './privileged.js';
import { isUserSchema } from './user-objects.js';

type Facts = Pick<
  PostgresBackup,
  'server_version' | 'database' | 'locale' | 'identity' | 'owners' | 'grantees' | 'ledger'
>;

export async function serverMajor(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major`,
  );
  return rows[0]?.major ?? 0;
}

/** What a dump says nothing of, or only in its own way. @param client with the search_path of its role */
export async function readFacts(client: pg.Client): Promise<Facts> {
  const { rows } = await client.query<Pick<Facts, 'server_version' | 'database'>>(
    `SELECT current_setting('server_version') AS server_version, current_database()::text AS database`,
  );
  const [{ server_version: version, database } = { server_version: '', database: '' }] = rows;
  const identity = await inSavepoint(client, (ask) =>
    readLiveIdentity(async (question) => (await ask<LiveIdentity>(question))[0]),
  );
  return {
    server_version: version,
    database,
    locale: await localeOf(client),
    identity: identity
      ? { cluster: identity.cluster === '' ? null : identity.cluster, database: identity.database }
      : null,
    ...(await rolesOf(client)),
    ledger: await readLedger(client),
  };
}

/** Columns of `pg_database` have other names, or are not there, in other versions. */
export async function localeOf(client: pg.Client): Promise<PostgresBackup['locale']> {
  const { rows } = await client.query<PostgresBackup['locale']>(
    `SELECT pg_encoding_to_char(encoding)::text AS encoding, datcollate::text AS collate, datctype::text AS ctype,
            coalesce(to_jsonb(d)->>'datlocprovider', 'c') AS provider,
            coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') AS locale
       FROM pg_database d WHERE datname = current_database()`,
  );
  const [found] = rows;
  if (!found) throw new TypeError('a session is in a database');
  return found;
}

type Ask = <Row extends object>(sql: string) => Promise<Row[]>;

/** What may be refused does not end the transaction. */
async function inSavepoint<T>(client: pg.Client, work: (ask: Ask) => Promise<T>): Promise<T> {
  return work(async <Row extends object>(sql: string) => {
    await client.query('SAVEPOINT asked');
    try {
      return (await client.query<Row>(sql)).rows;
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT asked');
      throw error;
    }
  });
}

/** The ledger of the migrations, wherever the role finds it; empty where there is none. */
export async function readLedger(client: pg.Client): Promise<PostgresBackup['ledger']> {
  const { rows: found } = await client.query<{ ledger: string | null }>(
    `SELECT (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid = coalesce(to_regclass('holdfast_migrations'), (
                SELECT min(o.oid::int8)::oid FROM pg_class o JOIN pg_namespace m ON m.oid = o.relnamespace
                 WHERE o.relname = 'holdfast_migrations' AND o.relkind = 'r' AND ${isUserSchema('m.nspname')}))) AS ledger`,
  );
  const ledger = found[0]?.ledger ?? null;
  if (ledger === null) return [];
  const { rows } = await client.query<PostgresBackup['ledger'][number]>(
    `SELECT store, version, name, checksum FROM ${ledger} ORDER BY store, version`,
  );
  return rows;
}

/** Without roles that every server has. */
async function rolesOf(client: pg.Client): Promise<Pick<Facts, 'owners' | 'grantees'>> {
  const { rows } = await client.query<Pick<Facts, 'owners' | 'grantees'>>(
    `WITH acls (acl, owner) AS (${OWNERS}), roles AS (
       SELECT owner AS role, true AS owns FROM acls
        UNION SELECT (aclexplode(acl)).grantor, true FROM acls WHERE owner IS NOT NULL
        UNION SELECT (aclexplode(acl)).grantee, false FROM acls)
     SELECT coalesce(array_agg(DISTINCT rolname::text ORDER BY rolname::text) FILTER (WHERE owns), '{}') AS owners,
            coalesce(array_agg(DISTINCT rolname::text ORDER BY rolname::text) FILTER (WHERE NOT owns), '{}') AS grantees
       FROM roles JOIN pg_roles ON pg_roles.oid = role WHERE rolname !~ '^pg_'`,
  );
  return rows[0] ?? { owners: [], grantees: [] };
}
