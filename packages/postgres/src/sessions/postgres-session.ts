import type { Client, Connection, QueryResult, Submittable } from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { ReasonError } from '../reasons.js';
import {
  PUBLISH_BUILD,
  type RunningProcess,
  TELL_RUNNING,
  TELL_STOPPED,
} from '../verification/builds.js';
import { certificatesOf, type UsedCertificate } from '../connection/certificates.js';
import {
  type Durability,
  durabilityQuery,
  type DurabilityRow,
  judgeDurability,
} from '../verification/durability.js';
import {
  EXCESS_RIGHTS,
  type ExcessRights,
  type ExcessRow,
  HISTORY_TABLES,
  judgeExcess,
} from '../verification/excess-rights.js';
import {
  type DatabaseIdentity,
  LIVE_IDENTITY,
  type LiveIdentity,
  PIN_IDENTITY,
  type PinnedIdentity,
} from '../verification/identity.js';
import {
  readLiveIdentity,
  type VerifiedIdentity,
  verifiedIdentityOf,
} from '../verification/verified-identity.js';
import {
  type DatabaseNeeds,
  type Compatibility,
  judgeCompatibility,
  type LiveTable,
} from '../verification/needs.js';
import { clientConfig, connectClient, destroyClient } from '../connection/postgres-client.js';
import { type Unprepared, unpreparedQuery } from '../verification/unprepared.js';
import { isHidden, LIVE_TABLES, liveTablesOf } from '../verification/live-tables.js';
import type { DatabaseSession, Inspection, LedgerEntry } from './session.js';

const FACTS = `pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only,
  current_setting('server_encoding') AS encoding,
  current_setting('server_version_num')::int AS server_version`;
/** The encodings that hold every character: SQL_ASCII keeps bytes as they are. */
const ENCODINGS = ['UTF8', 'SQL_ASCII'];
/** Rows of the probe's table that take new space: a full disk would have room for one. */
const PROBE_ROWS = 1000;
const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';
/** LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED */
const LOCKED = ['55P03', '40P01'];

interface FactsRow {
  readonly read_only: boolean;
  readonly encoding: string;
  readonly server_version: number;
}

/** As a row of any build's ledger is in JSON; those of older builds lack the last column. */
interface EntryRow {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly backward_compatible?: boolean;
}

interface InspectedRow {
  readonly ledger: EntryRow[] | null;
  readonly pinned: PinnedIdentity | null;
  readonly tells_builds: boolean;
}

export class PostgresSession implements DatabaseSession {
  readonly #known: VerifiedIdentity | undefined;
  /** As `server_version_num`; undefined until it is needed. */
  #version: number | undefined;

  private constructor(
    private readonly client: Client,
    private readonly database: PostgresSettings,
  ) {
    this.#known = verifiedIdentityOf(database);
  }

  /** Fails with `pg`'s own error, see `postgresFault`. */
  static async open(
    database: PostgresSettings,
    pool: Settings['pool'],
    role: string,
    loginIdleMs?: number,
  ): Promise<PostgresSession> {
    const config = {
      ...clientConfig(database, pool),
      application_name: `${database.applicationName} ${role}`,
    };
    return new PostgresSession(await connectClient(config, loginIdleMs), database);
  }

  /**
   * @throws POSTGRES_ENCODING_UNSUPPORTED, POSTGRES_RIGHTS_MISSING when the ledger may not be read,
   * WrongDatabase, or `pg`'s own error, see `postgresFault`
   */
  async inspect(withIdentity = false): Promise<Inspection> {
    if (withIdentity) {
      const identified = await this.#inspectIdentity();
      if (identified) return identified;
    }
    try {
      const { rows } = await this.client.query<FactsRow & { ledger: EntryRow[] | null }>(
        `SELECT ${this.#facts}, (SELECT json_agg(m) FROM holdfast_migrations m) AS ledger`,
      );
      // What is asked of it later depends on it, and takes one round trip then.
      this.#version ??= rows[0]?.server_version;
      return {
        ...this.#judged(rows),
        prepared: true,
        ledger: (rows[0]?.ledger ?? []).map(entryOf),
      };
    } catch (error) {
      const { code } = error as { code?: string };
      // To `postgresFault` a right that is missing is one to write.
      if (code === INSUFFICIENT_PRIVILEGE)
        throw new ReasonError('POSTGRES_RIGHTS_MISSING', { cause: error });
      if (code !== UNDEFINED_TABLE) throw error;
      const { rows } = await this.client.query<FactsRow & { hidden: boolean }>(
        `SELECT ${this.#facts}, ${isHidden(`'holdfast_migrations'`)} AS hidden`,
      );
      const facts = this.#judged(rows);
      if (rows[0]?.hidden) throw new ReasonError('POSTGRES_RIGHTS_MISSING', { cause: error });
      return { ...facts, prepared: false, ledger: [] };
    }
  }

  /** Behind a pooler another database may answer from one question to the next. */
  get #facts(): string {
    return this.#known ? `${FACTS}, ${this.#known.columns}` : FACTS;
  }

  #judged(rows: readonly (FactsRow & Partial<LiveIdentity>)[]) {
    const { cluster = '', database = '' } = rows[0] ?? {};
    this.#known?.assertSame({ cluster, database });
    return factsOf(rows);
  }

  async identify(): Promise<LiveIdentity | undefined> {
    return readLiveIdentity(
      async (question) => (await this.client.query<LiveIdentity>(question)).rows[0],
    );
  }

  /** Undefined where one of the tables is not there or may not be read, or no identity is told. */
  async #inspectIdentity(): Promise<Inspection | undefined> {
    try {
      const { rows } = await this.client.query<FactsRow & LiveIdentity & InspectedRow>(
        `SELECT ${FACTS}, (SELECT json_agg(m) FROM holdfast_migrations m) AS ledger,
           ${LIVE_IDENTITY}, (SELECT row_to_json(i) FROM holdfast_identity i) AS pinned,
           to_regclass('holdfast_running') IS NOT NULL AS tells_builds`,
      );
      const facts = factsOf(rows);
      const {
        ledger,
        cluster = '',
        database = '',
        pinned = null,
        tells_builds = false,
      } = rows[0] ?? {};
      const identity: DatabaseIdentity = { live: { cluster, database }, pinned };
      return {
        ...facts,
        prepared: true,
        ledger: (ledger ?? []).map(entryOf),
        identity,
        tellsBuilds: tells_builds,
      };
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === UNDEFINED_TABLE || code === INSUFFICIENT_PRIVILEGE) return undefined;
      throw error;
    }
  }

  async pin(environment: string | null, by: string): Promise<PinnedIdentity | undefined> {
    try {
      const { rows } = await this.client.query<{ pinned: PinnedIdentity }>(PIN_IDENTITY, [
        environment,
        by,
      ]);
      return rows[0]?.pinned;
    } catch (error) {
      if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return undefined;
      throw error;
    }
  }

  async compatibility(needs: DatabaseNeeds): Promise<Compatibility> {
    const { rows } = await this.client.query<LiveTable>(LIVE_TABLES, liveTablesOf(needs));
    return judgeCompatibility(needs, rows);
  }

  async excessRights(needs: DatabaseNeeds): Promise<ExcessRights> {
    const tables = [...new Set([...HISTORY_TABLES, ...Object.keys(needs)])];
    const { rows } = await this.client.query<ExcessRow>(EXCESS_RIGHTS, [tables]);
    if (!rows[0]) throw new TypeError('the server tells nothing');
    return judgeExcess(rows[0]);
  }

  async durability(needs: DatabaseNeeds): Promise<Durability> {
    this.#version ??= await this.#askVersion();
    const { rows } = await this.client.query<DurabilityRow>(durabilityQuery(this.#version), [
      Object.keys(needs),
    ]);
    if (!rows[0]) throw new TypeError('the server tells nothing');
    return judgeDurability(rows[0]);
  }

  async #askVersion(): Promise<number> {
    const { rows } = await this.client.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    return rows[0]?.version ?? 0;
  }

  certificates(): readonly UsedCertificate[] {
    const { connection } = this.client as unknown as { connection: { stream: object } };
    return certificatesOf(connection.stream, this.database.tls.certificate);
  }

  async publishBuild({ process, build, stores }: RunningProcess): Promise<void> {
    await this.client.query(PUBLISH_BUILD, [process, build, JSON.stringify(stores)]);
  }

  async tellRunning(process: string, isRunning: boolean): Promise<boolean> {
    const { rowCount } = await this.client.query(isRunning ? TELL_RUNNING : TELL_STOPPED, [
      process,
    ]);
    return rowCount !== 0;
  }

  async unprepared(texts: readonly string[]): Promise<readonly Unprepared[] | undefined> {
    const { client } = this;
    try {
      const results: unknown = await client.query(
        unpreparedQuery(client.escapeLiteral(JSON.stringify(texts))),
      );
      const answers = results as readonly QueryResult<{ broken: readonly Unprepared[] }>[];
      return answers.flatMap(({ rows }) => rows.flatMap(({ broken = [] }) => broken));
    } catch (error) {
      await client.query('ROLLBACK');
      if (LOCKED.includes((error as { code?: string }).code ?? '')) return undefined;
      throw error;
    }
  }

  async probeWrite(): Promise<void> {
    try {
      await this.client.query(
        `BEGIN;
         INSERT INTO holdfast_write_probe (written_at)
           SELECT now() FROM generate_series(1, ${PROBE_ROWS});
         ROLLBACK`,
      );
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }

  /** Through a transaction pooler, too, the answer is the server's. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.query(new Sync(resolve, reject));
    });
  }

  async busyBackends(pids: readonly number[]): Promise<ReadonlySet<number> | undefined> {
    const { rows } = await this.client.query<{ own: number; pid: number }>(
      `SELECT pg_backend_pid() AS own, pid FROM pg_stat_activity
        WHERE pid = pg_backend_pid() OR (pid = ANY ($1) AND (state LIKE 'idle%') IS NOT TRUE)`,
      [pids],
    );
    const { processID } = this.client as unknown as { readonly processID: number | null };
    return rows[0]?.own === processID ? new Set(rows.map(({ pid }) => pid)) : undefined;
  }

  destroy(): void {
    destroyClient(this.client);
  }
}

/**
 * The protocol's Sync message in `pg`'s queue of queries: the server answers that it is ready, and
 * neither logs nor counts anything.
 */
class Sync implements Submittable {
  constructor(
    readonly handleReadyForQuery: () => void,
    readonly handleError: (error: Error) => void,
  ) {}

  submit(connection: Connection): void {
    connection.sync();
  }
}

function entryOf({
  backward_compatible: backwardCompatible = false,
  ...row
}: EntryRow): LedgerEntry {
  const { store, version, name, checksum } = row;
  return { store, version, name, checksum, backwardCompatible };
}

function factsOf([row]: readonly FactsRow[]): Pick<Inspection, 'readOnly'> {
  if (!row) throw new TypeError('the server tells nothing');
  if (ENCODINGS.includes(row.encoding)) return { readOnly: row.read_only };
  throw new ReasonError('POSTGRES_ENCODING_UNSUPPORTED', {
    detail: `the database has the encoding ${row.encoding}`,
  });
}
