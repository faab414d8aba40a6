import type { MigrationReporter } from '../../migration-session.js';
import { idOf } from '../../migration.js';
import { type ParsedMigration, TABLE_LOCK_MS } from './transaction-sql.js';
import type { BackendMonitor } from '@holdfast/postgres/sessions/backend-monitor';

const PROGRESS_MS = 2000;

/** Follows the statement that is under way: who is in its way, and how far it has come. */
export class ProgressMonitor {
  /** Of the server process that works on it. */
  pid: number;
  /** Who was in the way last, in words. */
  blockers: string | undefined;
  #current:
    { readonly parsed: ParsedMigration; readonly since: number; statement: number } | undefined;
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
    if (this.#current?.parsed === parsed) this.#current.statement = statement;
    else this.#current = { parsed, since: performance.now(), statement };
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
    const { parsed, since, statement } = this.#current;
    // What cannot be found out is not worth ending a migration for.
    const doing = await this.backends.activity(this.pid).catch(() => undefined);
    const known = doing ?? this.blockers;
    this.reporter.progress({
      store: parsed.migration.store,
      id: idOf(parsed.migration),
      elapsedSeconds: (performance.now() - since) / 1000,
      statement,
      statements: parsed.statements.length,
      ...(known !== undefined && { doing: known }),
    });
  }
}
