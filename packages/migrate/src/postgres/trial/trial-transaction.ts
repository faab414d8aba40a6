/** How long a trial may take: for as long it holds ACCESS SHARE on the tables that are named. */
const TRIAL_MS = 2_000;

/** How long one waits for a table that somebody keeps to himself. */
const LOCK_MS = 100;

/** The savepoint itself could not be made: nothing is known any more. */
const IN_FAILED_TRANSACTION = '25P02';

const READ_ONLY = 'SET LOCAL transaction_read_only = on';
const UNDONE = 'ROLLBACK TO SAVEPOINT holdfast_trial; RELEASE SAVEPOINT holdfast_trial';

export type Rows = readonly Readonly<Record<string, unknown>>[];

/** Runs one query, for example a bound `pg.Client.query`. */
export type Run = (sql: string, values?: unknown[]) => Promise<{ readonly rows: Rows }>;

export interface Answer {
  readonly rows: Rows;
  readonly error: Error | undefined;
}

/** A transaction that is bounded in time and undone, in which what fails is as if it had not been. */
export class TrialTransaction {
  readonly #ends = performance.now() + TRIAL_MS;

  constructor(private readonly run: Run) {}

  get isOver(): boolean {
    return performance.now() >= this.#ends;
  }

  async begin(): Promise<void> {
    await this.run('BEGIN READ WRITE');
    await this.run(
      `SET LOCAL statement_timeout = ${TRIAL_MS}; SET LOCAL lock_timeout = ${LOCK_MS};
       SET LOCAL client_min_messages = error; SET LOCAL standard_conforming_strings = on`,
    );
  }

  async undo(): Promise<void> {
    await this.run('ROLLBACK');
  }

  /** @returns what the server says against it */
  async attempt(sql: string): Promise<Error | undefined> {
    return this.#within(`${sql}\n; RELEASE SAVEPOINT holdfast_trial`, () => Promise.resolve());
  }

  /** As `attempt`, and undone. */
  async attemptAlone(sql: string): Promise<Error | undefined> {
    return this.#within(`${sql}\n; ${UNDONE}`, () => Promise.resolve());
  }

  /** Read-only, and undone, whatever is called. @returns what the server says against it */
  async understand(sql: string): Promise<Error | undefined> {
    return this.#within(`${READ_ONLY}; ${sql}\n; ${UNDONE}`, () => Promise.resolve());
  }

  /** As `understand`. @returns no rows where the server does not answer, with what it says */
  async ask(sql: string, values: unknown[] = []): Promise<Answer> {
    let rows: Rows = [];
    const error = await this.#within(READ_ONLY, async () => {
      ({ rows } = await this.run(sql, values));
      await this.run(UNDONE);
    });
    return { rows, error };
  }

  async #within(sql: string, work: () => Promise<void>): Promise<Error | undefined> {
    const left = Math.floor(this.#ends - performance.now());
    if (left <= 0) return new Error('the time for the trial is over');
    try {
      // Together: each statement costs one way to the server and back.
      await this.run(`SAVEPOINT holdfast_trial; SET LOCAL statement_timeout = ${left}; ${sql}`);
      await work();
      return undefined;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined || code === IN_FAILED_TRANSACTION) throw error;
      await this.run(UNDONE);
      return error as Error;
    }
  }
}
