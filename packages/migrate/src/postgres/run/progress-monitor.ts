import type { MigrationReporter } from '../../migration-session.js';
import { idOf } from '../../migration.js';
import { type ParsedMigration, TABLE_LOCK_MS } from './transaction-sql.js';
import type { BackendMonitor } from '@holdfast/postgres/sessions/backend-monitor';

const PROGRESS_MS = 2000;

/** What is under way: of migrations that were sent as one text, the first that is not yet entered. */
interface Current {
  readonly group: readonly ParsedMigration[];
  readonly since: number;
  statement: number;
}

/** How many of the migrations of a text are committed, and for how long the last of them has been. */
interface Entered {
  readonly count: number;
  readonly age_seconds: number | null;
}

/** Follows the statement that is under way: who is in its way, and how far it has come. */
export class ProgressMonitor {
  /** Of the server process that works on it. */
  pid: number;
  /** Who was in the way last, in words. */
  blockers: string | undefined;
  #current: Current | undefined;
  #blockerTimer: NodeJS.Timeout | undefined;
  readonly #progressTimer: NodeJS.Timeout;

  constructor(
    pid: number,
    private readonly backends: BackendMonitor,
    private readonly reporter: MigrationReporter,
  ) {
    this.pid = pid;
    this.#progressTimer = setInterval(() => void this.#report(), PROGRESS_MS);
  }

  /** A statement of the migration begins. @param statement from 1 */
  statementStarted(parsed: ParsedMigration, statement: number): void {
    if (this.#current?.group[0] === parsed) this.#current.statement = statement;
    else this.#current = { group: [parsed], since: performance.now(), statement };
    this.#watch();
  }

  /**
   * Migrations of a statement each are sent as one text, of which the server says nothing before its end.
   * @param again whether something was in the way of the first one; for the others, nobody is asked what is
   */
  groupStarted(group: readonly ParsedMigration[], again: boolean): void {
    this.#current = { group, since: performance.now(), statement: 1 };
    if (again) this.#watch();
  }

  #watch(): void {
    // Before the server gives up, which would end the wait that tells who is in the way.
    this.pause();
    this.#blockerTimer = setTimeout(() => {
      this.backends.blockers(this.pid).then(
        (blockers) => (this.blockers = blockers ?? this.blockers),
        () => undefined,
      );
    }, TABLE_LOCK_MS / 2);
  }

  /** Nothing runs until the next statement begins. */
  pause(): void {
    clearTimeout(this.#blockerTimer);
  }

  end(): void {
    this.pause();
    clearInterval(this.#progressTimer);
  }

  async #report(): Promise<void> {
    if (!this.#current) return;
    const { group, since, statement } = this.#current;
    // What cannot be found out is not worth ending a migration for.
    const doing = await this.backends.activity(this.pid).catch(() => undefined);
    const entered = await this.#entered(group).catch(() => undefined);
    const parsed = group[entered?.count ?? 0];
    if (!parsed) return;
    const known = doing ?? this.blockers;
    this.reporter.progress({
      store: parsed.migration.store,
      id: idOf(parsed.migration),
      elapsedSeconds: entered?.age_seconds ?? (performance.now() - since) / 1000,
      statement,
      statements: parsed.statements.length,
      ...(known !== undefined && { doing: known }),
    });
  }

  async #entered(group: readonly ParsedMigration[]): Promise<Entered | undefined> {
    if (group.length === 1) return undefined;
    const [row] = await this.backends.ask<Entered>(
      `SELECT count(*)::int AS count,
              extract(epoch FROM clock_timestamp() - max(applied_at))::float8 AS age_seconds
         FROM holdfast_migrations WHERE store = $1 AND version = ANY ($2)`,
      [group[0]?.migration.store, group.map(({ migration }) => migration.version)],
    );
    return row;
  }
}
