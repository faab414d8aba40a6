import type pg from 'pg';
import type { Orphans } from '../report.js';
import type { RejectedRow } from '../rows/convert-rows.js';
import { quoted } from '../sqlite/identifiers.js';
import type { Statement } from './pipeline.js';
import type { Note } from './target-table.js';
import { OWN_NUMBER } from './transaction.js';

/** How far one table has come, as of the last transaction that is committed. */
export interface TableProgress {
  /** All rows are there. */
  readonly loaded: boolean;
  /** Its keys, indexes and checks are made. */
  readonly keyed: boolean;
  /** The rowid of the last row that was looked at; null at the start. */
  readonly after: string | null;
  readonly rowsRead: number;
  readonly rowsRejected: number;
  readonly rowsWritten: number;
  readonly bytes: number;
  /** Of the rows that were read; null unless `--verify full`. */
  readonly digest: string | null;
  readonly rejects: readonly RejectedRow[];
  readonly notes: readonly Note[];
  /** The transactions that wrote the rows: their `xmin`. */
  readonly transactions: readonly string[];
}

export const NO_PROGRESS: TableProgress = {
  loaded: false,
  keyed: false,
  after: null,
  rowsRead: 0,
  rowsRejected: 0,
  rowsWritten: 0,
  bytes: 0,
  digest: null,
  rejects: [],
  notes: [],
  transactions: [],
};

/** Of a table that gets no rows. */
export const EMPTY: TableProgress = { ...NO_PROGRESS, loaded: true };

/** What a staging schema is for: it is continued only for the same. */
export interface CopyIdentity {
  /** Of the file. */
  readonly source: string;
  /** Of tables, types and options. */
  readonly plan: string;
}

/** What became of the foreign keys. */
export interface Links {
  /** One entry for each key that rows break: it is not validated. */
  readonly orphans: readonly Orphans[];
}

/** In the staging schema; no table of that name is copied. */
export const STATE_TABLE = 'holdfast_copy_state';

/** Beside it: the transactions that have written changes of a source that is followed. */
export const TRANSACTIONS_TABLE = 'holdfast_copy_transactions';

/** What is kept in a staging schema about itself, never beside the source. */
export class ProgressTable {
  readonly #place: string;
  readonly #transactions: string;

  constructor(
    private readonly client: pg.Client,
    schema: string,
  ) {
    this.#place = `${quoted(schema)}.${STATE_TABLE}`;
    this.#transactions = `${quoted(schema)}.${TRANSACTIONS_TABLE}`;
  }

  /** Makes it. An empty name stands for the copy as a whole. */
  creation(identity: CopyIdentity): readonly Statement[] {
    return [
      `CREATE TABLE ${this.#place} (name text PRIMARY KEY, value jsonb NOT NULL)`,
      `CREATE TABLE ${this.#transactions} (number text NOT NULL)`,
      this.#saving('', identity),
    ];
  }

  savingLinks(links: Links): Statement {
    return {
      text: `UPDATE ${this.#place} SET value = value || jsonb_build_object('links', $1::jsonb) WHERE name = ''`,
      values: [JSON.stringify(links)],
    };
  }

  /** The last change of a source that is followed; 0 before the first. */
  async followed(): Promise<number> {
    const { rows } = await this.client.query<{ last: string | null }>(
      `SELECT value->>'followed' AS last FROM ${this.#place} WHERE name = ''`,
    );
    return Number(rows[0]?.last ?? 0);
  }

  /** In the transaction that is under way. @returns false when `after` is not the last any more */
  async saveFollowed(
    { after, through }: { readonly after: number; readonly through: number },
    transaction: string,
  ): Promise<boolean> {
    await this.client.query(`INSERT INTO ${this.#transactions} VALUES ($1)`, [transaction]);
    const { rowCount } = await this.client.query(
      `UPDATE ${this.#place} SET value = value || jsonb_build_object('followed', $1::bigint)
        WHERE name = '' AND coalesce((value->>'followed')::bigint, 0) = $2`,
      [through, after],
    );
    return rowCount === 1;
  }

  async followingTransactions(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ number: string }>(
      `SELECT DISTINCT number FROM ${this.#transactions}`,
    );
    return rows.map(({ number }) => number);
  }

  async identity(): Promise<(CopyIdentity & { readonly links?: Links }) | undefined> {
    const { rows } = await this.client.query<{ value: CopyIdentity & { readonly links?: Links } }>(
      `SELECT value FROM ${this.#place} WHERE name = ''`,
    );
    return rows[0]?.value;
  }

  async read(): Promise<Map<string, TableProgress>> {
    const { rows } = await this.client.query<{ name: string; value: TableProgress }>(
      `SELECT name, value FROM ${this.#place} WHERE name <> ''`,
    );
    return new Map(rows.map(({ name, value }) => [name, value]));
  }

  /** For the transaction that is under way, so that it is true whenever it can be read. */
  saving(table: string, progress: TableProgress): Statement {
    return this.#saving(table, progress);
  }

  /** The same, where that transaction writes rows. It is answered with the transactions that did, this one the last. */
  savingWritten(table: string, progress: TableProgress): Statement {
    return {
      text: `INSERT INTO ${this.#place}
         VALUES ($1, jsonb_set($2, '{transactions}', ($2::jsonb -> 'transactions') || to_jsonb(${OWN_NUMBER})))
         ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value -> 'transactions' AS transactions`,
      values: [table, JSON.stringify(progress)],
    };
  }

  /** Fails, by a division by zero, unless all rows of the tables are there. */
  requiringRows(tables: readonly string[]): Statement {
    return {
      text: `SELECT 1 / (count(*) = $2)::int FROM ${this.#place}
              WHERE name = ANY ($1) AND (value -> 'loaded')::boolean`,
      values: [tables, tables.length],
    };
  }

  /** For the transaction that makes keys: whatever was saved before, which may not be answered yet, stays. */
  savingKeyed(table: string, notes: readonly Note[]): Statement {
    return {
      text: `UPDATE ${this.#place} SET value = value || jsonb_build_object('keyed', true, 'notes', $2::jsonb) WHERE name = $1`,
      values: [table, JSON.stringify(notes)],
    };
  }

  #saving(name: string, value: object): Statement {
    return {
      text: `INSERT INTO ${this.#place} VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      values: [name, JSON.stringify(value)],
    };
  }
}
