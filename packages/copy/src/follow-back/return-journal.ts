import type pg from 'pg';
import type { FollowedTable } from '../follow/followed-table.js';
import type { Pending } from '../follow/journal.js';
import { keyNames } from '../follow/journal-sql.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { ReasonError } from '../reasons.js';
import {
  journalSql,
  keysPlace,
  refusingFunction,
  returnSchema,
  STATE_TABLE,
} from './return-sql.js';
import { type ReturnState, shapeOf } from './return-state.js';
import type { KeptTable } from './return-table.js';

/** Keys of one table, each once. */
export interface TakenKeys {
  readonly place: string;
  readonly count: number;
}

/** Of this session alone. */
const TEMPORARY = 'pg_temp';

/** Beyond so many keys, a plan that was made for few of them is slow. */
const ANALYZED_KEYS = 10_000;

/**
 * The changes of PostgreSQL's tables, as triggers write them down in the transactions of whoever writes. A round takes
 * out all that it sees: what belongs to a transaction that has not ended is seen by a later one, however long it takes.
 */
export class ReturnJournal {
  private constructor(
    private readonly client: pg.Client,
    /** That is followed back. */
    readonly target: string,
    readonly state: ReturnState,
  ) {}

  /**
   * Puts the triggers in, within the transaction that is under way.
   * @param id what tells the journal from others
   */
  static async install(
    client: pg.Client,
    target: string,
    id: string,
    tables: readonly FollowedTable[],
    kept: readonly KeptTable[],
  ): Promise<ReturnJournal> {
    const journal = returnSchema(target);
    await client.query(`CREATE SCHEMA ${quoted(journal)}`);
    for (const table of tables)
      for (const sql of journalSql(journal, target, table)) await client.query(sql);
    const shape = await shapeOf(client, target, kept);
    const state: ReturnState = { id, tables: kept, shape, round: 0, gone_back: false };
    await client.query(`CREATE TABLE ${placeOf(target)} (value jsonb NOT NULL)`);
    await client.query(`INSERT INTO ${placeOf(target)} VALUES ($1)`, [JSON.stringify(state)]);
    return new ReturnJournal(client, target, state);
  }

  /** @returns undefined where nobody has put one in */
  static async find(client: pg.Client, target: string): Promise<ReturnJournal | undefined> {
    const { rowCount } = await client.query(
      `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ${literal(STATE_TABLE)}`,
      [returnSchema(target)],
    );
    if (rowCount === 0) return undefined;
    const { rows } = await client.query<{ value: ReturnState }>(
      `SELECT value FROM ${placeOf(target)}`,
    );
    return rows[0] && new ReturnJournal(client, target, rows[0].value);
  }

  /** Takes triggers and tables out. @returns false where there were none */
  static async remove(client: pg.Client, target: string): Promise<boolean> {
    if (!(await ReturnJournal.find(client, target))) return false;
    await client.query(`DROP SCHEMA ${quoted(returnSchema(target))} CASCADE`);
    return true;
  }

  /** What there is to do, as of now. */
  async pending(): Promise<Pending> {
    const parts = this.state.tables.map(
      ({ number }) => `SELECT noted_at FROM ${keysPlace(returnSchema(this.target), number)}`,
    );
    const { rows } = await this.client.query<{ changes: string; age: number | null }>(
      `SELECT count(*) AS changes, (extract(epoch FROM clock_timestamp() - min(noted_at)) * 1000)::float8 AS age
         FROM (${parts.join(' UNION ALL ')}) AS noted`,
    );
    return { changes: Number(rows[0]?.changes), ageMs: Math.max(0, rows[0]?.age ?? 0) };
  }

  /**
   * In the transaction that is under way, before it has seen anything.
   * @param mode in which nobody may lock the tables otherwise meanwhile: ACCESS SHARE keeps their shape, EXCLUSIVE
   * keeps writers out
   */
  async lockTables(mode: 'ACCESS SHARE' | 'EXCLUSIVE'): Promise<void> {
    const places = this.state.tables.map(({ name }) => this.placeOf(name)).join(', ');
    await this.client.query(`LOCK TABLE ${places} IN ${mode} MODE`);
  }

  /** @throws COPY_RETURN_SCHEMA_CHANGED */
  async refuseChangedShape(): Promise<void> {
    if ((await shapeOf(this.client, this.target, this.state.tables)) === this.state.shape) return;
    throw new ReasonError('COPY_RETURN_SCHEMA_CHANGED', {
      detail:
        'a column, a type or a trigger of the tables is not as it was when following back began',
    });
  }

  /** Counts the round, in the transaction that is under way. @returns its number */
  async beginRound(): Promise<number> {
    const { rows } = await this.client.query<{ round: number }>(
      `UPDATE ${placeOf(this.target)}
          SET value = value || jsonb_build_object('round', (value->>'round')::int + 1)
       RETURNING (value->>'round')::int AS round`,
    );
    return Number(rows[0]?.round);
  }

  /** The numbers of the tables that were written to, as the transaction that is under way sees them. */
  async noted(): Promise<ReadonlySet<number>> {
    const journal = returnSchema(this.target);
    const parts = this.state.tables.map(
      ({ number }) =>
        `SELECT ${number} AS number WHERE EXISTS (SELECT 1 FROM ${keysPlace(journal, number)})`,
    );
    const { rows } = await this.client.query<{ number: number }>(parts.join(' UNION ALL '));
    return new Set(rows.map(({ number }) => number));
  }

  /**
   * Takes the keys of a table that were noted, each once, into a table of this session.
   * @returns its place, and how many
   */
  async takeKeys({ number, key }: FollowedTable): Promise<TakenKeys> {
    const from = keysPlace(returnSchema(this.target), number);
    const name = quoted(`holdfast_return_keys_${number}`);
    const names = keyNames(key.length).join(', ');
    await this.client.query(
      `CREATE TEMPORARY TABLE IF NOT EXISTS ${name} ON COMMIT DELETE ROWS
           AS SELECT ${names} FROM ${from} WITH NO DATA`,
    );
    const place = `${TEMPORARY}.${name}`;
    const { rowCount } = await this.client.query(
      `WITH taken AS (DELETE FROM ${from} RETURNING ${names})
       INSERT INTO ${place} SELECT DISTINCT ${names} FROM taken`,
    );
    const count = rowCount ?? 0;
    if (count > ANALYZED_KEYS) await this.client.query(`ANALYZE ${place}`);
    return { place, count };
  }

  /** From the commit of the transaction that is under way on, nobody writes to the tables any more. */
  async refuseWriters(): Promise<void> {
    const journal = returnSchema(this.target);
    for (const { number } of this.state.tables)
      await this.client.query(refusingFunction(journal, number));
    await this.client.query(
      `UPDATE ${placeOf(this.target)} SET value = value || '{"gone_back": true}'`,
    );
  }

  placeOf(table: string): string {
    return `${quoted(this.target)}.${quoted(table)}`;
  }
}

function placeOf(target: string): string {
  return `${quoted(returnSchema(target))}.${quoted(STATE_TABLE)}`;
}
