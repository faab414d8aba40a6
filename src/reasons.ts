/** Exit codes of the two programs (`sysexits.h` where it has one). */
export const EXIT = { ok: 0, failed: 1, usage: 64, unavailable: 69, configuration: 78 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One entry of the catalogue: what a code means and what to do about it. */
export interface Reason {
  readonly meaning: string;
  readonly fix: string;
  /** HTTP status where the code answers a request. */
  readonly status?: number;
  /** Exit code where the code ends a process. */
  readonly exit?: ExitCode;
  /** Told beside an answer that is good, and refuses nothing. */
  readonly warning?: true;
}

const configuration = (meaning: string, fix: string): Reason => ({
  meaning,
  fix,
  exit: EXIT.configuration,
});
const unavailable = (meaning: string, fix: string): Reason => ({
  meaning,
  fix,
  status: 503,
  exit: EXIT.unavailable,
});
const notice = (meaning: string, fix: string): Reason => ({ meaning, fix, warning: true });
const answer = (status: number, meaning: string, fix: string): Reason => ({ meaning, fix, status });

const reasons = {
  // Guard
  PERSISTENCE_PROFILE_UNKNOWN: configuration(
    'The persistence profile is neither LOCAL nor PRODUCTION.',
    'Set APP_PERSISTENCE_PROFILE to LOCAL or PRODUCTION, or remove it to take the default.',
  ),
  PERSISTENCE_PROFILE_UNDECIDED: configuration(
    'Nothing says whether this is PRODUCTION or LOCAL, and where it runs it must not be guessed.',
    'Set APP_PERSISTENCE_PROFILE=PRODUCTION; LOCAL only where data may be lost with the machine.',
  ),
  SETTING_QUOTED: configuration(
    "A variable's value stands in quotes.",
    "Remove the quotes: in a container's env file (`docker run --env-file`) they are part of the value.",
  ),
  SETTING_GIVEN_TWICE: configuration(
    'Two names of one setting are given, with different values.',
    'Keep one of the two names.',
  ),
  SETTING_NAME_MISSPELT: configuration(
    'A variable is not read, since its name is only nearly that of one that is.',
    'Give it the name that is told, in exactly these characters, or remove it.',
  ),
  SETTING_FILE_UNSUPPORTED: configuration(
    'A variable is given as a file that is not read from one.',
    'Give the value itself, without _FILE: only secrets, DB_HOST, DB_NAME and DB_USER are read from files.',
  ),
  POSTGRES_SETTINGS_UNUSED: configuration(
    'A PostgreSQL is named, and data would be on SQLite all the same.',
    "To use it, set APP_PERSISTENCE_PROFILE=PRODUCTION (or DB_TYPE=postgresql on a developer's machine); to be on SQLite on purpose, set APP_PERSISTENCE_PROFILE=LOCAL or DB_TYPE=sqlite.",
  ),
  PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT: configuration(
    'The LOCAL profile is not allowed in a strict environment.',
    'Set APP_PERSISTENCE_PROFILE=PRODUCTION, or correct APP_ENV (ENV, AB_ENV, CI_STRICT).',
  ),
  STORE_BACKEND_UNKNOWN: configuration(
    'A store names a backend that does not exist.',
    'Use IN_MEMORY, SQLITE or POSTGRES, or remove the variable to take the default.',
  ),
  STORE_REQUIRES_POSTGRES_DSN: configuration(
    'A store is on POSTGRES but no connection string resolves for it.',
    "Set the store's DSN variable, or DATABASE_URL, or DB_HOST, DB_NAME and DB_USER.",
  ),
  ENVIRONMENT_REQUIRES_REDIS_URL: configuration(
    'A strict environment needs Redis.',
    'Set REDIS_URL (redis:// or rediss://), or REDIS_URL_FILE.',
  ),
  DSN_EMPTY: configuration(
    'A connection string is set but holds nothing.',
    'Give it a value such as postgresql://USER:PASSWORD@HOST:5432/DATABASE, or remove the variable.',
  ),
  DSN_PLACEHOLDER: configuration(
    'A connection string still has a placeholder in place of a value.',
    'Put the real value in its place: nobody has replaced [YOUR-PASSWORD], <password> or ${DB_PASS}.',
  ),
  DSN_SCHEME_UNSUPPORTED: configuration(
    'A connection string is not for PostgreSQL.',
    'Start it with postgresql:// or postgres://.',
  ),
  DSN_MALFORMED: configuration(
    'A connection string cannot be read without guessing.',
    'Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE, special characters percent-encoded.',
  ),
  DSN_MULTIPLE_HOSTS: configuration(
    'Several hosts stand where one is meant.',
    'Name several servers in DATABASE_URL (postgresql://USER@HOST1:5432,HOST2:5432/DATABASE); of replicas, each by a connection string of its own.',
  ),
  DSN_USER_NOT_ENCODED: configuration(
    'The user in a connection string holds a raw @.',
    'Write the @ that belongs to the user as %40: postgresql://user%40server:PASSWORD@HOST:5432/DATABASE.',
  ),
  DSN_PASSWORD_NOT_ENCODED: configuration(
    'The password in a connection string holds characters that end it early.',
    'Percent-encode the password: # as %23, / as %2F, ? as %3F, @ as %40, % as %25.',
  ),
  DSN_PARAMETER_UNSUPPORTED: configuration(
    'A connection string carries a parameter that cannot be honoured.',
    'Write what is told in its place, or take it out; docs/CONNECTION-STRINGS.md has the parameters that are honoured.',
  ),
  SETTING_INVALID: configuration(
    'A variable is out of its type or range.',
    'Give it a value of the kind that the message names, or remove it to take the default.',
  ),
  SECRET_GIVEN_TWICE: configuration(
    'A secret is given both as a variable and as a file.',
    'Keep one of NAME and NAME_FILE.',
  ),
  SECRET_FILE_UNREADABLE: configuration(
    'The file that should hold a secret cannot be read.',
    'Check that the file exists, is a file, and is readable by the user of the process.',
  ),
  PROOF_MISSING: configuration(
    'The start requires a proof pack, and there is none in the file that REQUIRE_PROOF names.',
    'Make one with `holdfast proof --url URL --out DIR`, name its proof.json, and check that the process may read it.',
  ),
  PROOF_EXPIRED: configuration(
    'The proof pack has expired.',
    'Make a new one with `holdfast proof`; --valid-for says for how many minutes.',
  ),
  PROOF_MISMATCH: configuration(
    'The proof pack is not one of this build with this configuration and these databases, or it has been changed.',
    'Make a new one with this build, in this environment; `holdfast proof verify FILE` names each difference.',
  ),
  PROOF_NO_GO: configuration(
    'The proof pack says no-go.',
    'See which step of it is no-go, put that right, and make a new one.',
  ),

  // Proof
  PROOF_STEP_TIMEOUT: {
    meaning: 'What a step of a proof asked or ran did not answer or end in time.',
    fix: 'Look whether the service at --url, its databases and Redis answer; try the command of the step by itself.',
    exit: EXIT.failed,
  },
  PROOF_OTHER_DATABASE: {
    meaning:
      'The service that is to be proved is on another database than this configuration leads to.',
    fix: 'Compare the connection strings of the service and of this process, and what their names lead to; run `holdfast proof` with the configuration of the service.',
    exit: EXIT.failed,
  },
  PROOF_SERVICE_UNREACHABLE: {
    meaning: 'The service that is to be proved cannot be reached.',
    fix: 'Check --url, that the service has started, and the network between.',
    exit: EXIT.failed,
  },
  PROOF_NOT_WRITTEN: {
    meaning: 'The proof pack cannot be written.',
    fix: 'Check the folder that --out names, the rights on it and the free space.',
    exit: EXIT.failed,
  },

  // Start-up verification and probes
  POSTGRES_UNREACHABLE: unavailable(
    'The PostgreSQL server does not answer, or is not ready to take connections.',
    'Check host and port, that the server runs and has started, and the network between.',
  ),
  POSTGRES_CONNECTION_ENDED: unavailable(
    'The connection to PostgreSQL was ended while it was in use.',
    'Find out in its log who ended it (a restart, pg_terminate_backend, `holdfast migrate unlock`, the network between), and try again.',
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
    'Look in the log, or run `holdfast check --connect`, for which ones; GRANT them (docs/MIGRATIONS.md), and look for policies of row-level security.',
  ),
  POSTGRES_NOT_DURABLE: unavailable(
    'PostgreSQL may lose or hide what it has acknowledged: fsync or full_page_writes is off, a table of the stores is UNLOGGED, or a collation has changed under its indexes.',
    'Turn fsync and full_page_writes on, ALTER TABLE ... SET LOGGED; after a change of collations REINDEX, then ALTER DATABASE ... REFRESH COLLATION VERSION. Where the storage itself keeps every write (Aurora, Neon): DB_DURABILITY=warn.',
  ),
  POSTGRES_WRITES_INTERCEPTED: unavailable(
    'Something on the tables of the stores may drop, change or hide rows without a word: a trigger before each row, a rule, or a policy of row-level security.',
    'Look in the log, or run `holdfast check --connect`, for which ones; remove them, or give the role a policy without a condition. Where they are known to do no harm: DB_DURABILITY=warn.',
  ),
  POSTGRES_TRIGGERS_PRESENT: notice(
    'Triggers on the tables of the stores run with what the service writes: they can refuse it, and slow it down.',
    'See whose they are. Those that run before each row are refused; these are not.',
  ),
  DATABASE_IDENTITY_UNPINNED: notice(
    'The database was never pinned: nothing tells it from another one of the same form.',
    'See that the connection string leads where it is meant to; the first PRODUCTION start pins the database, and later ones compare.',
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
    'A certificate of the connection to PostgreSQL, of the server or of this client, ends within 14 days; from then on log-ins may fail.',
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
    'Raise max_connections, or lower DB_POOL_SIZE, DB_MAX_OVERFLOW or the number of instances.',
  ),
  POSTGRES_READ_ONLY: unavailable(
    'The database answers but cannot be written to.',
    "Connect to the primary, not a standby; check default_transaction_read_only and the role's rights.",
  ),
  POSTGRES_VERSION_UNSUPPORTED: unavailable(
    'The PostgreSQL server is older than Holdfast supports: before 14.',
    'Upgrade the server; the releases that PostgreSQL itself maintains are on its page of versions.',
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
  POSTGRES_LOGIN_FAILING: answer(
    503,
    'PostgreSQL refuses new logins, while the sessions that are open go on.',
    'Write the new password into the file that NAME_FILE names, which is read at each login, or give the role back its password, validity or rights, before the connections are recycled (DB_POOL_RECYCLE); a password in a variable needs a restart.',
  ),
  HEALTH_CHECK_UNKNOWN: answer(
    404,
    'This process has no check of that name.',
    'See `checks` in GET /health; a check of what is not set up, such as Redis without REDIS_URL, is not there.',
  ),
  EVENT_LOOP_LAGGING: answer(
    503,
    'The event loop was held up: every answer of the process is late.',
    'Look for work that blocks (very large bodies or pages, SQLite under load), or give the process more CPU.',
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
    'Set DATABASE_URL and put the stores on POSTGRES, or name another SQLITE_PATH; `holdfast copy --undo REPORT` takes the copy back.',
  ),
  REDIS_UNREACHABLE: unavailable(
    'Redis does not answer.',
    'Check REDIS_URL, that the server runs, its certificate under rediss:// (REDIS_TLS_CA_FILE), and the network between.',
  ),
  REDIS_AUTH_FAILED: unavailable(
    'Redis refuses the log-in.',
    'Correct user and password in REDIS_URL: redis://:PASSWORD@HOST:6379/0, or redis://USER:PASSWORD@HOST:6379/0, percent-encoded; the file of REDIS_URL_FILE is read again at each log-in.',
  ),
  REDIS_TLS_FAILED: unavailable(
    'The connection to Redis cannot be encrypted or verified as asked.',
    'Give the authority that signed its certificate as REDIS_TLS_CA_FILE, and the name that stands in it as the host; rediss:// needs the port that speaks TLS.',
  ),
  REDIS_CERTIFICATE_EXPIRING: notice(
    'The certificate of Redis ends within 14 days; from then on it cannot be reached as asked.',
    'Renew it where the encryption ends; Redis itself reads it again with CONFIG SET tls-cert-file.',
  ),
  REDIS_READ_ONLY: unavailable(
    'Redis is a replica that takes no writes.',
    'Let REDIS_URL lead to the primary, or to a name or proxy that follows it.',
  ),
  REDIS_RIGHTS_MISSING: unavailable(
    'Redis does not let the user write and run scripts.',
    'Give the user what the service does: ACL SETUSER USER ~holdfast:* +@read +@write +@scripting +ping +select +time +info.',
  ),
  REDIS_DATABASE_MISSING: unavailable(
    'Redis does not have the database that REDIS_URL names by its number.',
    'Name one that it has, as in redis://:PASSWORD@HOST:6379/0, or raise `databases` in its configuration.',
  ),
  REDIS_CLUSTER_UNSUPPORTED: unavailable(
    'REDIS_URL leads to a node of a Redis Cluster, which is not supported.',
    'Use a Redis without cluster mode; a single primary with a replica is enough for what is kept there.',
  ),
  REDIS_SENTINEL_UNSUPPORTED: unavailable(
    'REDIS_URL leads to a Redis Sentinel, which is not supported.',
    'Let REDIS_URL lead to the primary that the Sentinel watches, through a name or a proxy that follows it (docs/PRODUCTION.md).',
  ),
  REDIS_OUT_OF_MEMORY: unavailable(
    'Redis has no memory left for writes.',
    'Raise maxmemory, or give the service a Redis of its own; evicting (maxmemory-policy) would forget what was counted.',
  ),
  REDIS_NOT_PERSISTING: unavailable(
    'Redis takes no writes because it cannot save to its disk.',
    'See to its disk, or turn snapshots off (CONFIG SET save ""): nothing that the service keeps there has to survive.',
  ),
  REDIS_LOADING: unavailable(
    'Redis is loading its data and does not answer yet.',
    'Wait; nothing that the service keeps there has to survive, so that it may start empty.',
  ),
  REDIS_PROTECTED_MODE: unavailable(
    'Redis takes connections only from its own machine, because it has no password (protected mode).',
    'Give it a password (requirepass, or ACL SETUSER), and name that in REDIS_URL.',
  ),
  REDIS_TOO_MANY_CONNECTIONS: unavailable(
    'Redis has no free connection left.',
    'Raise maxclients, or find out with CLIENT LIST who holds them.',
  ),
  REDIS_REFUSED: unavailable(
    'Redis refuses what the service does, with an error that has no code of its own here.',
    'Look up the word that the log has under `failure` in the documentation of Redis.',
  ),
  POSTGRES_ENCODING_UNSUPPORTED: unavailable(
    'The database cannot hold every character: its encoding is not UTF8.',
    "Create the database anew: CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8'.",
  ),
  MIGRATIONS_PENDING: unavailable(
    'The schema is older than this build.',
    'Run `holdfast migrate up`, or start with MIGRATE_ON_START=true.',
  ),
  SCHEMA_NEWER_THAN_BUILD: unavailable(
    'The schema is newer than this build.',
    'Deploy the build that made the schema, or a later one.',
  ),
  SCHEMA_INCOMPATIBLE: unavailable(
    "This build's statements do not fit the tables of the stores: a column, table or unique index is gone, or is another one, or a constraint is there that the build does not know.",
    'Look in the log, or run `holdfast migrate status --drift`, for which ones; undo the change, or deploy the build that goes with it.',
  ),
  MIGRATION_CHECKSUM_MISMATCH: unavailable(
    'A migration that was applied has been edited since.',
    'Restore the file as it was applied, and put the change into a new migration.',
  ),
  MIGRATIONS_MISSING: configuration(
    'This build has no migrations for a store.',
    'Put the folder `migrations` next to `dist`, as it was released: an image may have been built without it.',
  ),
  DATABASE_IDENTITY_MISMATCH: {
    meaning:
      'The database is not the one that was pinned at the first PRODUCTION start, or that this process was started on: another cluster, a clone, or another environment.',
    fix: 'See `holdfast identity`. Correct the connection string, APP_ENV, or what its name or balancer leads to; where the database was moved on purpose, run `holdfast identity accept` and restart.',
    status: 503,
    exit: EXIT.configuration,
  },
  DATABASE_UNAVAILABLE: unavailable(
    'The database could not carry out the request in time.',
    'Try again; if it lasts, see GET /health/ready.',
  ),
  WRITE_NOT_STORED: unavailable(
    'The database has taken a write and not stored all of it; nothing of it was acknowledged, and all of it was undone.',
    'Look with `holdfast check --connect` for triggers, rules and policies on the tables of the stores, and remove those that drop rows; then send the request again.',
  ),
  QUEUE_TIMEOUT: unavailable(
    'The request has waited too long for earlier ones: for the same record, or to be written together with others. Nothing of it has begun.',
    'Try again after Retry-After seconds; what held up the earlier ones is told by their own codes in the log, most often a lock.',
  ),
  REQUEST_ABANDONED: answer(
    499,
    'The client has left before its request was begun; nothing of it has been done.',
    'Send it again. Where clients leave because answers take long, see what the requests before it waited for.',
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
  LISTEN_FAILED: {
    meaning: 'The port cannot be opened.',
    fix: 'Free the port or set PORT to another one (0 takes any free port); check HOST.',
    exit: EXIT.failed,
  },

  // Copy
  COPY_SOURCE_UNREADABLE: {
    meaning: 'The SQLite database cannot be read.',
    fix: 'Check the path, the rights on the file, and that it is an SQLite database; leave out a table that needs a missing module with --exclude.',
    exit: EXIT.unavailable,
  },
  COPY_SOURCE_IN_USE: {
    meaning: 'Another process is writing to the SQLite database.',
    fix: 'Stop what writes to it, so that nothing is written that the copy does not have; or give --allow-writers.',
    exit: EXIT.unavailable,
  },
  COPY_TABLE_UNKNOWN: {
    meaning: 'The SQLite database has no such table.',
    fix: 'Correct --tables or --exclude; names are case-sensitive.',
    exit: EXIT.usage,
  },
  COPY_NAME_UNUSABLE: {
    meaning: 'A name of the SQLite database cannot be a name in PostgreSQL.',
    fix: 'Rename it in a copy of the file, or leave the table out with --exclude.',
    exit: EXIT.failed,
  },
  COPY_TARGET_DIFFERS: {
    meaning: 'A table of the target does not have the columns that are to be copied.',
    fix: 'Bring the table to the same columns, leave it out with --exclude, or copy into another --schema.',
    exit: EXIT.failed,
  },
  COPY_TARGET_NOT_EMPTY: {
    meaning: 'A table of the target has rows.',
    fix: 'Give --replace to put the copied rows in their place, or copy into another --schema.',
    exit: EXIT.failed,
  },
  COPY_ROWS_REJECTED: {
    meaning: 'Some values cannot be held exactly by the target; nothing has been copied.',
    fix: 'Correct the values, say what the columns mean with --map, or leave their rows out with --on-reject list.',
    exit: EXIT.failed,
  },
  COPY_ORPHANS: {
    meaning: 'Some rows refer to rows that do not exist; nothing has been copied.',
    fix: 'Correct the rows, or keep them with --on-orphan not-valid: the foreign key then holds for new rows only. A foreign key of a table that exists has to be dropped first.',
    exit: EXIT.failed,
  },
  COPY_MISMATCH: {
    meaning: 'What was written is not what was read; nothing has been copied.',
    fix: 'Run it again; if it stays, report it with the name of the table and the definition of its columns.',
    exit: EXIT.failed,
  },
  COPY_REFUSED: {
    meaning: 'PostgreSQL has refused the copy; the target is as it was.',
    fix: 'Read the message of the server: it names the table, the right or the space that is missing.',
    exit: EXIT.failed,
  },

  COPY_REQUIRES_SESSION: configuration(
    'The copy needs a session of its own, which a connection pooler such as PgBouncer does not give in this mode.',
    'Give a --to that leads to the database directly.',
  ),
  COPY_UNDER_WAY: {
    meaning: 'Another process copies into the same schema.',
    fix: 'Wait for it. Where its process is gone, its session ends as soon as the server notices: pg_stat_activity shows it.',
    exit: EXIT.failed,
  },
  COPY_STOPPED: {
    meaning: 'The copy was stopped by a signal; the target is as it was.',
    fix: 'Continue with the same command and --resume. Without --resume the next copy drops what was loaded.',
    exit: EXIT.failed,
  },
  COPY_SOURCE_CHANGED: {
    meaning: 'The SQLite database has changed since the copy that is to be continued.',
    fix: 'Copy it from the start: leave out --resume.',
    exit: EXIT.failed,
  },
  COPY_RESUME_DIFFERS: {
    meaning: 'The copy that is to be continued had other options, or found another target.',
    fix: 'Give the options that it had, or copy from the start: leave out --resume.',
    exit: EXIT.failed,
  },
  COPY_LOCK_TIMEOUT: unavailable(
    'Somebody keeps a table of the target locked, so that the copy cannot be switched in.',
    'Find the holder of the lock in pg_locks and pg_stat_activity, wait for it or end it, and run the same command with --resume; MIGRATION_LOCK_TIMEOUT is how long is tried.',
  ),
  COPY_OUTCOME_UNKNOWN: unavailable(
    'The connection was lost while the server was asked to commit.',
    'Run the same command with --resume: it finds out whether the copy is there, and completes it if not. After --undo, look at the tables.',
  ),
  COPY_SOURCE_NOT_RETIRED: {
    meaning:
      'The copy is in the target, but the SQLite file could not be marked: processes can still write to it.',
    fix: 'Keep every process from the file, and run the same command with --resume.',
    exit: EXIT.failed,
  },
  COPY_UNDO_REFUSED: {
    meaning: 'The copy cannot be undone; nothing has been changed.',
    fix: 'Read the message: rows that were written since would be lost. Save them, and put back a backup.',
    exit: EXIT.failed,
  },

  // Migrations
  MIGRATION_LOCK_TIMEOUT: unavailable(
    'Another process holds the migration lock, or a lock that the migration needs.',
    'Wait for it, or raise MIGRATION_LOCK_TIMEOUT; `holdfast migrate status` shows the holder of the migration lock, and `holdfast migrate unlock --pid N` ends it.',
  ),
  MIGRATION_FAILED: {
    meaning: 'A migration was refused by the database and has been rolled back.',
    fix: 'Read the message of the database, correct the migration or the data, and run `holdfast migrate up` again.',
    exit: EXIT.failed,
  },
  MIGRATION_INVALID: {
    meaning: 'A migration file is not what can be run as a migration.',
    fix: 'Correct the file as the message says; nothing has been run.',
    exit: EXIT.failed,
  },
  MIGRATION_REQUIRES_SESSION: configuration(
    'The migration needs a session of its own, which a connection pooler such as PgBouncer does not give.',
    'Set MIGRATION_DATABASE_URL to a connection string that leads to the database directly.',
  ),
  MIGRATION_DATABASE_DIFFERS: configuration(
    'MIGRATION_DATABASE_URL leads to another database, or another schema, than the stores use.',
    'Let both lead to the same database; give the role the same search_path.',
  ),
  MIGRATION_LOCK_NOT_HELD: {
    meaning: 'No process with this number holds a migration lock.',
    fix: 'See who holds one with `holdfast migrate status`.',
    exit: EXIT.failed,
  },
  MIGRATION_OUT_OF_ORDER: {
    meaning: 'The migration files or the ledger have a gap, a duplicate, or a late addition.',
    fix: 'Number the migrations 0001, 0002, … without gaps; a new one comes after all that were applied.',
    exit: EXIT.failed,
  },
  MIGRATION_DRIFT_NOT_COMPARABLE: {
    meaning: 'The schema that the migrations make cannot be built for a comparison.',
    fix: 'Connect as a role that may create a schema in the database (GRANT CREATE ON DATABASE), keep to migrations that name and set no schema and run on an empty one, and have extensions in a schema of the search_path of the role.',
    exit: EXIT.failed,
  },
  MIGRATION_BASELINE_REFUSED: {
    meaning: 'The database cannot be taken over as if the migrations had been applied to it.',
    fix: 'Bring its tables to what the migrations make, or name another --to; nothing has been written.',
    exit: EXIT.failed,
  },

  MIGRATION_RESET_REFUSED: {
    meaning:
      'The tables of the stores cannot be dropped: something that is not of Holdfast depends on them.',
    fix: 'Drop what the message names, or keep it in another database; nothing has been dropped.',
    exit: EXIT.failed,
  },

  // Retention
  PURGE_UNDER_WAY: {
    meaning: 'Another process purges this store.',
    fix: 'Wait for it; the lease of a process that died ends after two minutes.',
    exit: EXIT.failed,
  },
  PURGE_LEASE_LOST: {
    meaning: 'The purge was so slow that another process has taken it over.',
    fix: 'Nothing is lost: the other process goes on. Look for what slows the database down.',
    exit: EXIT.failed,
  },

  // Check
  POOL_BUDGET_EXCEEDED: {
    meaning: 'All instances together may open more connections than PostgreSQL has.',
    fix: 'Set DB_POOL_SIZE and DB_MAX_OVERFLOW as the message suggests, run fewer instances, raise max_connections or the limit that it names, or put a pooler between.',
    exit: EXIT.failed,
  },
  CLOCK_SKEWED: {
    meaning: 'The clocks of this machine and of the database server differ by more than 2 seconds.',
    fix: 'Synchronise both by NTP: look at `timedatectl` or `chronyc tracking` on each.',
    exit: EXIT.failed,
  },
  SCHEMA_DRIFTED: {
    meaning: 'The tables of a store are not what its migrations make.',
    fix: 'See every difference with `holdfast migrate status --drift`; mend it by a new migration, or undo the change by hand.',
    exit: EXIT.failed,
  },
  CUTOVER_PROFILE_NOT_PRODUCTION: {
    meaning:
      'The configuration that is checked is not one of PRODUCTION, to which traffic is switched.',
    fix: 'Run `holdfast check` with the environment that the service will have: APP_PERSISTENCE_PROFILE=PRODUCTION.',
    exit: EXIT.failed,
  },
  CHECK_NOT_RUN: {
    meaning: 'A check could not be made, because one before it has failed.',
    fix: 'Mend what failed before it, and run `holdfast check` again.',
    exit: EXIT.failed,
  },
  CHECK_TIMED_OUT: unavailable(
    'A check had no result within the 10 seconds that each has.',
    'Run it again; look for what slows the database, its network or this machine down.',
  ),

  // Commands
  USAGE: {
    meaning: 'The command line is wrong.',
    fix: 'See `holdfast --help` or `holdfast COMMAND --help`.',
    exit: EXIT.usage,
  },

  // HTTP
  ROUTE_NOT_FOUND: answer(404, 'There is no such route.', 'See /docs for the routes.'),
  REQUEST_MALFORMED: answer(400, 'The request cannot be read.', 'Send a well-formed HTTP request.'),
  METHOD_NOT_ALLOWED: answer(
    405,
    'The route does not take this method.',
    'Send one of the methods that Allow names.',
  ),
  EXPECTATION_FAILED: answer(
    417,
    'The request expects what no server can promise.',
    'Leave Expect out, or send Expect: 100-continue.',
  ),
  TARGET_TOO_LONG: answer(414, 'The URL is too long.', 'Keep path and query under 8 KiB.'),
  HEADERS_TOO_LARGE: answer(431, 'The headers are too large.', 'Keep all headers under 16 KiB.'),
  REQUEST_TIMEOUT: answer(
    408,
    'The request did not arrive in time.',
    'Send all of it within 30 seconds.',
  ),
  RATE_LIMITED: answer(
    429,
    'The client has made as many requests as it may for now.',
    'Send it again after Retry-After seconds; RATE_LIMIT_REQUESTS says how many are allowed.',
  ),
  BODY_MALFORMED: answer(400, 'The body is not JSON in UTF-8.', 'Send one JSON document in UTF-8.'),
  BODY_TOO_LARGE: answer(413, 'The body is too large.', 'Keep the body under 2 MiB.'),
  BODY_TOO_COMPLEX: answer(
    413,
    'The body holds too many values or names.',
    'Keep to 100,000 values and 20,000 different names; send more in several requests.',
  ),
  MEDIA_TYPE_UNSUPPORTED: answer(
    415,
    'The body is not declared as JSON.',
    'Send Content-Type: application/json.',
  ),
  VALIDATION_FAILED: answer(
    422,
    'The request does not fit the schema.',
    'Correct what `errors` lists; see /docs for the schema.',
  ),
  JSON_NUMBER_NOT_REPRESENTABLE: answer(
    422,
    'A number would come back different from what was sent.',
    'Send it as a string, or with a value that an IEEE 754 double holds.',
  ),
  JSON_LONE_SURROGATE: answer(
    422,
    'A text holds half of a surrogate pair.',
    'Send well-formed Unicode.',
  ),
  JSON_NUL_CHARACTER: answer(422, 'A text holds a NUL character.', 'Remove U+0000.'),
  JSON_DUPLICATE_KEY: answer(
    422,
    'An object names the same key twice.',
    'Name each key of an object once.',
  ),
  JSON_PROTOTYPE_KEY: answer(
    422,
    'An object uses a key that is reserved by JavaScript.',
    'Rename the key (__proto__, or constructor holding prototype).',
  ),
  JSON_TOO_DEEP: answer(422, 'The document is nested too deeply.', 'Keep to 128 levels.'),
  DOCUMENT_TOO_LARGE: answer(413, 'The document is too large.', 'Keep the document to 1 MiB.'),
  IDEMPOTENCY_KEY_REQUIRED: answer(
    400,
    'The request needs an Idempotency-Key.',
    'Send an Idempotency-Key header of 1 to 255 visible ASCII characters.',
  ),
  IDEMPOTENCY_KEY_INVALID: answer(
    400,
    'The Idempotency-Key is not usable.',
    'Send 1 to 255 visible ASCII characters without blanks.',
  ),
  IDEMPOTENCY_KEY_CONFLICT: answer(
    409,
    'The Idempotency-Key was used for another request.',
    'Use a new key for a new request, or send the same request again.',
  ),
  CURSOR_INVALID: answer(
    400,
    'The cursor is not one that this list gave.',
    'Start again without cursor, or send next_cursor as it came.',
  ),
  PROPOSAL_NOT_FOUND: answer(404, 'There is no such proposal.', 'Check proposal_id.'),
  PROPOSAL_VERSION_NOT_FOUND: answer(
    404,
    'The proposal has no such version.',
    'Check version_no; current_version_no of the proposal is the highest.',
  ),
  RECORD_CONTENDED: answer(
    409,
    'Other processes kept changing the record while this request tried to.',
    'Nothing has been stored: send the request again.',
  ),
  STATE_CONFLICT: answer(
    409,
    'The proposal has changed since it was read.',
    'Read it again and decide anew.',
  ),
  TRANSITION_NOT_ALLOWED: answer(
    422,
    'The proposal cannot go from its state to that one.',
    'See the table of transitions in /docs.',
  ),
  VERSION_NOT_ALLOWED: answer(
    422,
    'The proposal takes no new version in its state.',
    'Versions are added in DRAFT, RISK_REVIEW and COMPLIANCE_REVIEW.',
  ),
  APPROVAL_NOT_ALLOWED: answer(
    422,
    'That approval does not belong to the state of the proposal.',
    'RISK belongs to RISK_REVIEW, COMPLIANCE to COMPLIANCE_REVIEW, CLIENT_CONSENT to AWAITING_CLIENT_CONSENT.',
  ),
  // dpm
  RUN_NOT_FOUND: answer(
    404,
    'There is no such run.',
    'Check the identifier, the correlation id or the request hash; old runs are deleted.',
  ),
  IDEMPOTENCY_KEY_NOT_FOUND: answer(
    404,
    'No run was recorded under this Idempotency-Key.',
    'Check the key, percent-encoded in the path; old runs are deleted with their keys.',
  ),
  RUN_EXISTS: answer(
    409,
    'There is another run with this rebalance_run_id.',
    'Leave rebalance_run_id out to have one made, or read the run that has it.',
  ),
  CORRELATION_ID_TAKEN: answer(
    409,
    'The correlation id is taken.',
    'Use a new correlation_id, or read what was recorded under this one.',
  ),
  WORKFLOW_NOT_REQUIRED: answer(
    409,
    'The run needs no review.',
    'Only runs that were recorded as PENDING_REVIEW take decisions.',
  ),
  DECISION_LIMIT_REACHED: answer(
    409,
    'The run has 1,000 decisions, the most that one run can have.',
    'Record a new run, and decide about that one.',
  ),
  DECISION_NOT_ALLOWED: answer(
    409,
    'The action is not allowed in the workflow status of the run.',
    'PENDING_REVIEW takes every action; APPROVED and REJECTED take REQUEST_CHANGES.',
  ),
  WORKFLOW_STATUS_CONFLICT: answer(
    409,
    'The workflow status of the run is not the expected one.',
    "Read the run's workflow again and decide anew.",
  ),
  OPERATION_NOT_FOUND: answer(
    404,
    'There is no such operation.',
    'Check operation_id or correlation_id.',
  ),
  OPERATION_MOVE_NOT_ALLOWED: answer(
    409,
    'The operation cannot go from its status to that one.',
    'Start an operation while it is PENDING, and finish it once while it is RUNNING.',
  ),
  LINEAGE_EDGE_CONFLICT: answer(
    409,
    'The edge exists with other metadata.',
    'Edges are never changed: send the metadata that it has, or use another edge_type.',
  ),
  LINEAGE_METADATA_TOO_LARGE: answer(
    413,
    'The metadata of the edge is too large.',
    'Keep the metadata to 64 KiB; keep documents elsewhere and name them.',
  ),

  // policy_packs
  POLICY_PACKS_DISABLED: answer(
    404,
    'This part of the policy packs is turned off.',
    'Set DPM_POLICY_PACKS_ENABLED=true to ask for effective policies, DPM_POLICY_PACK_ADMIN_APIS_ENABLED=true to change the catalogue; either to read it.',
  ),
  POLICY_PACK_NOT_FOUND: answer(404, 'There is no such policy pack.', 'Check policy_pack_id.'),
  POLICY_PACK_TARGET_TAKEN: answer(
    409,
    'Another policy pack applies to that target.',
    'Change or delete the pack that has the target, or choose another target; see `errors`.',
  ),
  POLICY_PACK_CHANGED: answer(
    412,
    'The policy pack is not, or no longer, one that If-Match names.',
    'Read it again, decide anew, and send the ETag that it has then.',
  ),
  POLICY_PACK_EXISTS: answer(
    412,
    'The policy pack is one that If-None-Match rules out.',
    'Choose another policy_pack_id, or replace the pack with If-Match.',
  ),
  POLICY_DEFINITION_TOO_LARGE: answer(
    413,
    'The definition of the policy pack is too large.',
    'Keep the definition to 64 KiB.',
  ),
  PRECONDITION_REQUIRED: answer(
    428,
    'The request could undo a change that its sender has not seen.',
    'Send If-Match with the ETag that the resource had when it was read.',
  ),
  PRECONDITION_INVALID: answer(
    400,
    'If-Match or If-None-Match cannot be read.',
    'Send *, or entity tags in double quotes separated by commas.',
  ),
  INTERNAL_ERROR: answer(
    500,
    'The service failed.',
    'Look in the log, by correlation_id if there is one; report it if the log does not explain it.',
  ),
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof reasons;

/** The whole catalogue, in its order; the store codes are derived (see `reasonFor`). */
export const catalogue: Readonly<Record<ReasonCode, Reason>> = reasons;

const STORE_CODE = /^PERSISTENCE_PROFILE_REQUIRES_([A-Z0-9_]+?)_POSTGRES(_DSN)?$/;

/** The guard's two codes of a store. */
export function storeCodes(prefix: string): readonly string[] {
  const code = `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`;
  return [code, `${code}_DSN`];
}

/**
 * The entry of a code. Qualifiers after a colon (`MIGRATION_FAILED:advisory:0002`) are ignored;
 * `PERSISTENCE_PROFILE_REQUIRES_<PREFIX>_POSTGRES[_DSN]` exists for every registered store.
 */
export function reasonFor(code: string): Reason {
  const name = code.split(':', 1)[0] ?? code;
  if (Object.hasOwn(reasons, name)) return catalogue[name as ReasonCode];
  const store = STORE_CODE.exec(name);
  if (store) {
    return store[2]
      ? configuration(
          `The PRODUCTION profile finds no connection string for the ${store[1]} store.`,
          reasons.STORE_REQUIRES_POSTGRES_DSN.fix,
        )
      : configuration(
          `The PRODUCTION profile needs the ${store[1]} store on POSTGRES.`,
          'Set its backend variable to POSTGRES, or remove it: that is the default in PRODUCTION.',
        );
  }
  throw new TypeError(`${code} is not in the catalogue of reasons`);
}

/** Where the code has its section, in a checkout or a release. */
export function runbookOf(code: string): string {
  return `docs/RUNBOOK.md#${(code.split(':', 1)[0] ?? code).toLowerCase()}`;
}

/** What a `ReasonError` can say beyond its code; everything here may be shown to a user. */
export interface ReasonDetails {
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error of the catalogue. `message` is safe to show; `cause` is for the log alone. */
export class ReasonError extends Error {
  override readonly name = 'ReasonError';
  readonly reason: Reason;
  readonly errors: ReasonDetails['errors'];
  readonly retryAfterSeconds: number | undefined;

  /** @param code a catalogue code, possibly qualified: `MIGRATION_FAILED:<store>:<version>` */
  constructor(
    readonly code: ReasonCode | `${ReasonCode}:${string}`,
    details: ReasonDetails = {},
  ) {
    const reason = reasonFor(code);
    super(details.detail ?? reason.meaning, { cause: details.cause });
    this.reason = reason;
    this.errors = details.errors;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
