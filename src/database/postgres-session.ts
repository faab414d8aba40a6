import type pg from 'pg';
import type { PostgresSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { ReasonError } from '../reasons.js';
import { clientConfig, connectClient, destroyClient } from './postgres-client.js';
import type { DatabaseSession, Inspection, LedgerEntry } from './session.js';

const FACTS = `pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only,
  current_setting('server_encoding') AS encoding`;
/** The encodings that hold every character: SQL_ASCII keeps bytes as they are. */
const ENCODINGS = ['UTF8', 'SQL_ASCII'];
const UNDEFINED_TABLE = '42P01';

interface FactsRow {
  readonly read_only: boolean;
  readonly encoding: string;
}

/** As a row of any build's ledger is in JSON; those of older builds lack the last column. */
interface EntryRow {
  readonly store: string;
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly backward_compatible?: boolean;
}

export class PostgresSession implements DatabaseSession {
  private constructor(private readonly client: pg.Client) {}

  /** Fails with `pg`'s own error, see `postgresFault`. */
  static async open(
    database: PostgresSettings,
    pool: Settings['pool'],
    role: string,
  ): Promise<PostgresSession> {
    const config = clientConfig(database, pool);
    return new PostgresSession(
      await connectClient({ ...config, application_name: `${database.applicationName} ${role}` }),
    );
  }

  /** @throws POSTGRES_ENCODING_UNSUPPORTED, or `pg`'s own error, see `postgresFault` */
  async inspect(): Promise<Inspection> {
    try {
      const { rows } = await this.client.query<FactsRow & { ledger: EntryRow[] | null }>(
        `SELECT ${FACTS}, (SELECT json_agg(m) FROM holdfast_migrations m) AS ledger`,
      );
      return { ...factsOf(rows), prepared: true, ledger: (rows[0]?.ledger ?? []).map(entryOf) };
    } catch (error) {
      if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
      const { rows } = await this.client.query<FactsRow>(`SELECT ${FACTS}`);
      return { ...factsOf(rows), prepared: false, ledger: [] };
    }
  }

  async probeWrite(): Promise<void> {
    try {
      await this.client.query(
        'BEGIN; INSERT INTO holdfast_write_probe (written_at) VALUES (now()); ROLLBACK',
      );
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }

  destroy(): void {
    destroyClient(this.client);
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
