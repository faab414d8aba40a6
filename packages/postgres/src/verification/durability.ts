import '../reasons.js';
/** What may be lost of what PostgreSQL has acknowledged; in words, for logs and commands alone. */
export interface Durability {
  /** What makes a crash or an upgrade of the server lose or hide rows. */
  readonly faults: readonly string[];
  readonly warnings: readonly DurabilityWarning[];
}

export interface DurabilityWarning {
  readonly code:
    'POSTGRES_COMMITS_UNFLUSHED' | 'POSTGRES_CHECKSUMS_MISSING' | 'POSTGRES_TRANSACTION_IDS_LOW';
  readonly detail: string;
}

/** One row of `durabilityQuery`. */
export interface DurabilityRow {
  readonly fsync: boolean;
  readonly full_page_writes: boolean;
  readonly synchronous_commit: string;
  readonly checksums: boolean;
  /** Of the oldest database of the cluster, in transactions. */
  readonly age: number;
  readonly unlogged: readonly string[];
  /** Whose rules the operating system or ICU has changed since. */
  readonly collations: readonly string[];
}

/** A server refuses writes some three million transactions before 2^31, which is 2.147 billion. */
const OLDEST_AGE = 1_500_000_000;
/** Versions of the collations of databases are kept from PostgreSQL 15 on. */
const KNOWS_DATABASE_COLLATION = 150_000;

/**
 * Parameter: the names of the tables, an array. Reads catalogues and opens no table.
 * @param version as `server_version_num`
 */
export function durabilityQuery(version: number): string {
  const ofDatabase =
    version < KNOWS_DATABASE_COLLATION
      ? ''
      : `UNION SELECT 'the default of the database' FROM pg_database d
          WHERE d.datname = current_database() AND EXISTS (SELECT FROM sorted WHERE collated = 100)
            AND d.datcollversion <> pg_database_collation_actual_version(d.oid)`;
  return `
WITH needed AS (
  SELECT c.oid, c.relname, c.relpersistence FROM unnest($1::text[]) AS name
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(name))
), sorted AS (
  SELECT DISTINCT unnest(i.indcollation) AS collated
    FROM pg_index i JOIN needed ON needed.oid = i.indrelid
), changed AS (
  SELECT collname::text AS name FROM pg_collation l JOIN sorted ON sorted.collated = l.oid
   WHERE l.collversion <> pg_collation_actual_version(l.oid)
  ${ofDatabase}
)
SELECT current_setting('fsync')::bool AS fsync,
       current_setting('full_page_writes')::bool AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('data_checksums')::bool AS checksums,
       (SELECT max(age(datfrozenxid)) FROM pg_database) AS age,
       ARRAY(SELECT relname::text FROM needed WHERE relpersistence = 'u' ORDER BY 1) AS unlogged,
       ARRAY(SELECT name FROM changed ORDER BY 1) AS collations`;
}

export function judgeDurability(row: DurabilityRow): Durability {
  const faults = [
    ...(row.fsync ? [] : ['fsync is off']),
    ...(row.full_page_writes ? [] : ['full_page_writes is off']),
    ...row.unlogged.map((table) => `${table} is UNLOGGED`),
    ...row.collations.map((name) => `the collation ${name} has another version than its indexes`),
  ];
  const warnings: DurabilityWarning[] = [];
  if (row.synchronous_commit === 'off')
    warnings.push({ code: 'POSTGRES_COMMITS_UNFLUSHED', detail: 'synchronous_commit is off' });
  if (!row.checksums)
    warnings.push({ code: 'POSTGRES_CHECKSUMS_MISSING', detail: 'data_checksums is off' });
  if (row.age > OLDEST_AGE)
    warnings.push({
      code: 'POSTGRES_TRANSACTION_IDS_LOW',
      detail: `the oldest transaction id is ${(row.age / 1e9).toFixed(2)} billion back, of 2.1`,
    });
  return { faults, warnings };
}
