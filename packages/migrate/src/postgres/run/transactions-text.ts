import pg from 'pg';

interface CommandComplete {
  /** The command's tag, such as `COMMIT` or `INSERT 0 1`. */
  readonly text: string;
}

interface DataRow {
  readonly fields: readonly (string | null)[];
}

/** A client's other way to send, which is not in the types of `pg`. */
interface QuerySender {
  query(query: pg.Query, ended: (error: Error | null) => void): void;
}

/** Transactions in one text, each of which selects how long it took before it commits. */
class TransactionsText extends pg.Query {
  #durationMs = 0;

  constructor(
    text: string,
    private readonly committed: (durationMs: number) => void,
  ) {
    super(text);
  }

  /** Called by `pg`, which would keep the rows. */
  handleDataRow({ fields }: DataRow): void {
    this.#durationMs = Number(fields[0]);
  }

  /** Called by `pg`. */
  handleCommandComplete({ text }: CommandComplete): void {
    if (text === 'COMMIT') this.committed(this.#durationMs);
  }
}

/**
 * Sends transactions as one text, which PostgreSQL carries out up to the first statement that fails.
 * @param text of which each transaction ends with a statement that returns milliseconds, and its COMMIT
 * @param committed is told of each that was committed, before this ends, whether it fails or not
 * @throws the driver's error
 */
export function sendTogether(
  client: pg.Client,
  text: string,
  committed: (durationMs: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (error: Error | null) => {
      if (error) reject(error);
      else resolve();
    };
    (client as unknown as QuerySender).query(new TransactionsText(text, committed), ended);
  });
}
