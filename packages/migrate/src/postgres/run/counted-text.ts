import pg from 'pg';

interface CommandComplete {
  /** The command's tag, such as `COMMIT` or `INSERT 0 1`. */
  readonly text: string;
}

/** A text of several statements, each of which is told as soon as it has been carried out. */
class CountedText extends pg.Query {
  constructor(
    text: string,
    private readonly completed: (command: string) => void,
  ) {
    super(text);
  }

  /** Called by `pg`, which would keep the results. */
  handleCommandComplete({ text }: CommandComplete): void {
    this.completed(text);
  }

  /** Called by `pg`. */
  handleDataRow(): void {
    // Nobody asks for what a migration selects.
  }
}

/**
 * Sends several statements as one text, which PostgreSQL carries out up to the first that fails.
 * @param completed is told of each that has been carried out, by the command's tag
 * @throws the driver's error
 */
export function sendCounted(
  client: pg.Client,
  text: string,
  completed: (command: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (error: Error | null) => {
      if (error) reject(error);
      else resolve();
    };
    (client.query as (query: pg.Query, callback: typeof ended) => unknown).call(
      client,
      new CountedText(text, completed),
      ended,
    );
  });
}
