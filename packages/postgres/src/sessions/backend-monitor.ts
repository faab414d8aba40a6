import type pg from 'pg';
import { unregisterConnection } from '../connection/open-connections.js';
import { connectClient, destroyClient, type SessionConfig } from '../connection/postgres-client.js';

/** A transaction that is in the way. */
interface BlockerRow {
  readonly pid: number;
  /** Null where the server does not tell. */
  readonly application_name: string | null;
  readonly state: string | null;
  readonly age_seconds: number | null;
}

interface IndexProgressRow {
  readonly phase: string;
  readonly percent: number | null;
}

/**
 * Tells what the server process of a migrator is doing or waiting for, by a second connection that is
 * made when it is first asked.
 */
export class BackendMonitor {
  #client: Promise<pg.Client> | undefined;

  constructor(private readonly config: SessionConfig) {}

  /** A question of the migrator's own. */
  async ask<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    const client = await this.#connected();
    return (await client.query<Row>(text, values)).rows;
  }

  /** @returns what is in the way, in words; undefined when nothing is */
  async blockers(pid: number): Promise<string | undefined> {
    const client = await this.#connected();
    const { rows } = await client.query<BlockerRow>(
      `SELECT pid, application_name, state, extract(epoch FROM now() - xact_start)::float8 AS age_seconds
         FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) AS blocking
              LEFT JOIN pg_stat_activity USING (pid) ORDER BY xact_start`,
      [pid],
    );
    if (rows.length === 0) return undefined;
    return `waiting for ${rows.map(describe).join(', ')}`;
  }

  /** @returns what is being waited for, or how far an index has come; undefined for neither */
  async activity(pid: number): Promise<string | undefined> {
    const client = await this.#connected();
    const { rows } = await client.query<IndexProgressRow>(
      `SELECT phase, round(100.0 * nullif(greatest(blocks_done, tuples_done), 0)
                / nullif(CASE WHEN blocks_done >= tuples_done THEN blocks_total ELSE tuples_total END, 0)
              )::float8 AS percent
         FROM pg_stat_progress_create_index WHERE pid = $1`,
      [pid],
    );
    const [index] = rows;
    const blockers = await this.blockers(pid);
    if (!index) return blockers;
    const done = index.percent === null ? '' : `, ${index.percent} %`;
    return `${index.phase}${done}${blockers === undefined ? '' : `, ${blockers}`}`;
  }

  close(): void {
    void this.#client?.then(
      (client) => {
        destroyClient(client);
      },
      () => undefined,
    );
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectClient(this.config);
    unregisterConnection(client);
    return client;
  }
}

function describe({ pid, application_name: name, state, age_seconds: age }: BlockerRow): string {
  if (pid === 0) return 'a prepared transaction (see pg_prepared_xacts)';
  const known = [name, state, age === null ? null : `for ${age.toFixed(0)} s`];
  return `pid ${pid} (${known.filter((each) => each !== null && each !== '').join(', ')})`;
}
