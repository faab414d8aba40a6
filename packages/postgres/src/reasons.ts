import { EXIT, answer, defineReasons, notice, unavailable } from '@holdfast/core/reasons';
import '@holdfast/guard/reasons';

/** What connections and databases can be found with. */
export const reasons = defineReasons({
  POSTGRES_UNREACHABLE: unavailable(
    'The PostgreSQL server does not answer, or is not ready to take connections.',
    'Check host and port, that the server runs and has started, and the network between.',
  ),
  POSTGRES_CONNECTION_ENDED: unavailable(
    'The connection to PostgreSQL was ended while it was in use.',
    'Find out in its log who ended it (a restart, pg_terminate_backend, the unlocking of a migration, the network between), and try again.',
  ),
  POSTGRES_LOCK_TIMEOUT: unavailable(
    'A lock in PostgreSQL was not had in time: another transaction keeps what is needed.',
    'Try again after Retry-After seconds; if it lasts, find the holder of the lock in pg_locks and pg_stat_activity, and wait for it or end it.',
  ),
  POSTGRES_STATEMENT_CANCELLED: unavailable(
    'PostgreSQL has cancelled a statement: it took too long, or somebody cancelled it.',
    'Look what the server is busy with in pg_stat_activity; the bound is DB_STATEMENT_TIMEOUT_MS.',
  ),
  POSTGRES_RIGHTS_MISSING: unavailable(
    'The role lacks a right that it needs: to read the ledger of the migrations, or one on the tables of the stores or their schema.',
    'Look in the log, or run the check with --connect (`holdfast check --connect`), for which ones; GRANT them (docs/MIGRATIONS.md), and look for policies of row-level security.',
  ),
  POSTGRES_NOT_DURABLE: unavailable(
    'PostgreSQL may lose or hide what it has acknowledged: fsync or full_page_writes is off, a table of the stores is UNLOGGED, or a collation has changed under its indexes.',
    'Turn fsync and full_page_writes on, ALTER TABLE ... SET LOGGED; after a change of collations REINDEX, then ALTER DATABASE ... REFRESH COLLATION VERSION. Where the storage itself keeps every write (Aurora, Neon): DB_DURABILITY=warn.',
  ),
  POSTGRES_COMMITS_UNFLUSHED: notice(
    'synchronous_commit is off: PostgreSQL acknowledges commits before they are on disk, and a crash of the server loses the last of them.',
    'Set synchronous_commit to on, for the server, the database and the role.',
  ),
  POSTGRES_CHECKSUMS_MISSING: notice(
    'PostgreSQL keeps no checksums of its pages: what a disk damages is not noticed.',
    'Run pg_checksums --enable while the server is stopped, or move to a cluster that was made with them.',
  ),
  POSTGRES_TRANSACTION_IDS_LOW: notice(
    'The oldest transaction id is more than 1.5 billion transactions back; at 2.1 billion PostgreSQL takes no more writes.',
    'Let VACUUM (FREEZE) through: end old transactions, prepared transactions and replication slots that keep it from freezing.',
  ),
  POSTGRES_CERTIFICATE_EXPIRING: notice(
    'A certificate of the connection to PostgreSQL, of the server or of this client, ends within 14 days; from then on logins may fail.',
    "Renew it: the server's where the encryption ends (PostgreSQL reads it again at a reload, a pooler at its own), the client's in the file of sslcert, with a restart of the service.",
  ),
  POSTGRES_REFUSED: unavailable(
    'PostgreSQL answers with an error that has no code of its own here.',
    "Look up the SQLSTATE that is told in PostgreSQL's documentation (Appendix A), and the error in the server's log.",
  ),
  POSTGRES_AUTH_FAILED: unavailable(
    'PostgreSQL refuses the login.',
    "Check user and password, and the server's pg_hba.conf.",
  ),
  POSTGRES_DATABASE_MISSING: unavailable(
    'The database does not exist on the server.',
    'Create the database, or correct its name in the connection string.',
  ),
  POSTGRES_SCHEMA_MISSING: unavailable(
    "No schema of the role's search_path exists, so that no table can be made.",
    'Create the schema, or set the search_path: ALTER ROLE ... SET search_path = ...',
  ),
  POSTGRES_TLS_FAILED: unavailable(
    'The connection cannot be encrypted or verified as asked.',
    'See which of it failed: the server offers no TLS, or takes nothing else (sslmode=require); its certificate is not trusted (sslrootcert, DB_SSL_CA_FILE), for another name, or expired; or it wants one of the client (sslcert, sslkey).',
  ),
  POSTGRES_TOO_MANY_CONNECTIONS: unavailable(
    'PostgreSQL has no free connection left.',
    'Raise max_connections, or the limit of the role or the database; or lower DB_POOL_SIZE, DB_MAX_OVERFLOW, the number of instances, or --jobs of a copy.',
  ),
  POSTGRES_READ_ONLY: unavailable(
    'The database answers but cannot be written to.',
    "Connect to the primary, not a standby; check default_transaction_read_only and the role's rights.",
  ),
  POSTGRES_OUT_OF_RESOURCES: unavailable(
    'PostgreSQL has run out of memory, or of something else that it has a limit for.',
    "Look in the server's log for what has run out: memory (work_mem times connections, the machine's own limit), locks (max_locks_per_transaction), temporary files (temp_file_limit).",
  ),
  POSTGRES_DISK_FULL: unavailable(
    'PostgreSQL has no space left to write to.',
    'Free or add space where its data directory is; what only reads goes on meanwhile.',
  ),
  REPLICA_UNREACHABLE: answer(
    503,
    'A read replica does not answer; reads go to the primary.',
    'Check that the replica runs, and host, port and network of its entry in DB_READ_REPLICA_URLS.',
  ),
  REPLICA_NOT_A_STANDBY: answer(
    503,
    'A server in DB_READ_REPLICA_URLS is no standby: it was promoted, or is the primary itself.',
    'Let each entry name a streaming standby; after a failover, put the old primary back as one.',
  ),
  REPLICA_OF_ANOTHER_DATABASE: answer(
    503,
    'A server in DB_READ_REPLICA_URLS holds another database than the primary; it is never read from.',
    'Correct the entry: it has to name the same database, on a standby of the same cluster.',
  ),
  REPLICA_LAGGING: answer(
    503,
    'A read replica is further behind than DB_REPLICA_MAX_LAG_MS; reads go to the primary.',
    "Look at the replica's replay (pg_stat_replication on the primary), its load and its disk.",
  ),
  REPLICA_LAG_UNKNOWN: answer(
    503,
    'The primary does not tell how far it is, so that nobody knows how far behind a replica is.',
    'See to the primary first; its role must be allowed to call pg_control_system().',
  ),
  SQLITE_UNAVAILABLE: unavailable(
    'The SQLite file cannot be opened.',
    'Check SQLITE_PATH, that the file is an SQLite database, and the rights on it and its folder.',
  ),
  SQLITE_READ_ONLY: unavailable(
    'The SQLite file cannot be written to.',
    'Check the rights on the file and its folder, and the free space.',
  ),
  SQLITE_LOCK_TIMEOUT: unavailable(
    'Another process keeps the SQLite file locked.',
    'Try again after Retry-After seconds; if it lasts, end what writes to the file, or give it longer by DB_LOCK_TIMEOUT_MS.',
  ),
  SQLITE_FILE_REPLACED: unavailable(
    'The SQLite file was replaced, moved, deleted, cut or written over by something else than SQLite while it was open, or its -wal or -shm was; nothing is written to it any more.',
    'Put the file that is meant in place, with its -wal, and restart the service: it opens a file anew only then.',
  ),
  SQLITE_SOURCE_RETIRED: unavailable(
    'The data of the SQLite file has moved to PostgreSQL; nothing more may be written to the file.',
    'Set DATABASE_URL and put the stores on POSTGRES, or name another SQLITE_PATH; the --undo REPORT of the program that has copied it takes the copy back.',
  ),
  POSTGRES_ENCODING_UNSUPPORTED: unavailable(
    'The database cannot hold every character: its encoding is not UTF8.',
    "Create the database anew: CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8'.",
  ),
  SCHEMA_INCOMPATIBLE: unavailable(
    "This build's statements do not fit the tables of the stores: a column, table or unique index is gone, or is another one, or a constraint is there that the build does not know.",
    'Look in the log, or run the check with --connect (`holdfast check --connect`), for which ones; undo the change, or deploy the build that goes with it.',
  ),
  DATABASE_IDENTITY_MISMATCH: {
    meaning:
      'The database is not the one that was pinned at the first PRODUCTION start, or that this process was started on: another cluster, a clone, or another environment.',
    fix: 'See `holdfast identity`. Correct the connection string, APP_ENV, or what its name or balancer leads to; where the database was moved on purpose, run `holdfast identity accept` and restart.',
    status: 503,
    exit: EXIT.configuration,
  },
  WRITE_NOT_STORED: unavailable(
    'The database has taken a write and not stored all of it; nothing of it was acknowledged, and all of it was undone.',
    'Look with the check, with --connect (`holdfast check --connect`), for triggers, rules and policies on the tables of the stores, and remove those that drop rows; then send the request again.',
  ),
  QUEUE_TIMEOUT: unavailable(
    'The request has waited too long for earlier ones: for the same record, or to be written together with others. Nothing of it has begun.',
    'Try again after Retry-After seconds; what held up the earlier ones is told by their own codes in the log, most often a lock.',
  ),
  POOL_TIMEOUT: unavailable(
    'No database connection became free in time.',
    'Try again after Retry-After seconds; if it lasts, raise DB_POOL_SIZE or DB_MAX_OVERFLOW.',
  ),
  POOL_LEAK: unavailable(
    'A database connection has been checked out for longer than DB_LEAK_DETECTION_MS.',
    'See where it was taken: the `stack` of the event pool.leak in the log. Keep slow work out of transactions, or raise DB_LEAK_DETECTION_MS.',
  ),
  SHUTTING_DOWN: unavailable(
    'The process is shutting down.',
    'Send the request to another instance.',
  ),
  RECORD_CONTENDED: answer(
    409,
    'Other processes kept changing the record while this request tried to.',
    'Nothing has been stored: send the request again.',
  ),
  POSTGRES_WRITES_INTERCEPTED: unavailable(
    'Something on the tables of the stores may drop, change or hide rows without a word: a trigger before each row, a rule, or a policy of row-level security.',
    'Look in the log, or run the check with --connect (`holdfast check --connect`), for which ones; remove them, or give the role a policy without a condition. Where they are known to do no harm: DB_DURABILITY=warn.',
  ),
  POSTGRES_TRIGGERS_PRESENT: notice(
    'Triggers on the tables of the stores run with what the service writes: they can refuse it, and slow it down.',
    'See whose they are. Those that run before each row are refused; these are not.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
