import pg from 'pg';
import { type BindingConfig, requireChannelBinding } from '../../database/channel-binding.js';

/** A transaction that is in the way. */
interface BlockerRow {
  readonly pid: number;
  readonly application_name: string;
  readonly state: string;
  readonly age_seconds: number;
}

interface IndexProgressRow {
  readonly phase: string;
  readonly percent: number | null;
}

/**
 * Tells what the server process of a migrator is doing or waiting for, by a second connection that is
 * made when it is first asked.
 */
export class Watcher {
  #client: Promise<pg.Client> | undefined;

  constructor(private readonly config: pg.ClientConfig) {}

  /** @returns who is in the way, in words; undefined when nobody is */
  async blockers(pid: number): Promise<string | undefined> {
    const client = await this.#connected();
    const { rows } = await client.query<BlockerRow>(
      `SELECT pid, coalesce(application_name, '') AS application_name, coalesce(state, '') AS state,
              coalesce(extract(epoch FROM now() - xact_start)::float8, 0) AS age_seconds
         FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1)) ORDER BY xact_start`,
      [pid],
    );
    if (rows.length === 0) return undefined;
    const all = rows.map(
      (row) =>
        `pid ${row.pid} (${row.application_name}, ${row.state}, for ${row.age_seconds.toFixed(0)} s)`,
    );
    return `waiting for ${all.join(', ')}`;
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
      (client) => client.end(),
      () => undefined,
    );
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.config);
    if ((this.config as BindingConfig).requiresChannelBinding) requireChannelBinding(client);
    // The next query on a connection that breaks fails, and tells why.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}
