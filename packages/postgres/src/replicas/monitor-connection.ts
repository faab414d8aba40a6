import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { clientConfig, connectClient, destroyClient } from '../connection/postgres-client.js';

/** One connection outside the pools, for questions that are answered in time or count as failed. */
export class MonitorConnection {
  #client: pg.Client | undefined;
  #isClosed = false;

  /**
   * @param boundMs milliseconds for connecting, and for each answer
   * @param onLost the connection is gone, at once and whatever is under way
   */
  constructor(
    private readonly database: PostgresSettings,
    private readonly pool: Settings['pool'],
    private readonly boundMs: number,
    private readonly onLost: () => void = () => undefined,
  ) {}

  /**
   * Asks one question at a time; connects when need be. After a failure the next question connects
   * anew, so that a name which has moved is looked up again.
   * @returns the first row
   * @throws `pg`'s own error, see `postgresFault`
   */
  async query<Row extends object>(question: string, parameters: unknown[] = []): Promise<Row> {
    const client = (this.#client ??= await this.#open());
    // A plain timer: what was sampled too late is of no use, whatever held it up.
    const timer = setTimeout(() => {
      destroyClient(client);
    }, this.boundMs);
    try {
      const { rows } = await client.query<Row>(question, parameters);
      if (!rows[0]) throw new TypeError('the server tells nothing');
      return rows[0];
    } catch (error) {
      this.#drop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  async #open(): Promise<pg.Client> {
    const { applicationName } = this.database;
    const client = await connectClient({
      ...clientConfig(this.database, this.pool),
      application_name: `${applicationName} monitor`,
      connectionTimeoutMillis: this.boundMs,
    });
    if (this.#isClosed) {
      destroyClient(client);
      throw new Error('closed while connecting');
    }
    client.once('end', this.onLost);
    return client;
  }

  #drop(): void {
    if (!this.#client) return;
    this.#client.off('end', this.onLost);
    destroyClient(this.#client);
    this.#client = undefined;
  }
}
