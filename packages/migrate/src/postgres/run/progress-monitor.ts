import type { MigrationReporter } from '../../migration-session.js';
import { idOf } from '../../migration.js';
import { type Parsed, TABLE_LOCK_MS } from './transaction-sql.js';
import type { BackendMonitor } from '@holdfast/postgres/sessions/backend-monitor';

const PROGRESS_MS = 2000;

/** Follows the statement that is under way: who is in its way, and how far it has come. */
export class MigrationWatch {
  /** Of the server process that works on it. */
  pid: number;
  /** Who was in the way last, in words. */
  blockers: string | undefined;
  #under: { readonly parsed: Parsed; readonly since: number; statement: number } | undefined;
  #asking: NodeJS.Timeout | undefined;
  readonly #telling: NodeJS.Timeout;

  constructor(
    pid: number,
    private readonly watcher: BackendMonitor,
    private readonly reporter: MigrationReporter,
  ) {
    this.pid = pid;
    this.#telling = setInterval(() => void this.#tell(), PROGRESS_MS);
  }

  /** A statement of the migration begins. @param statement from 1 */
  begins(parsed: Parsed, statement: number): void {
    if (this.#under?.parsed === parsed) this.#under.statement = statement;
    else this.#under = { parsed, since: performance.now(), statement };
    // Before the server gives up, which would end the wait that tells who is in the way.
    this.pauses();
    this.#asking = setTimeout(() => {
      this.watcher.blockers(this.pid).then(
        (blockers) => (this.blockers = blockers ?? this.blockers),
        () => undefined,
      );
    }, TABLE_LOCK_MS / 2);
  }

  /** Nothing runs until the next statement begins. */
  pauses(): void {
    clearTimeout(this.#asking);
  }

  end(): void {
    this.pauses();
    clearInterval(this.#telling);
  }

  async #tell(): Promise<void> {
    if (!this.#under) return;
    const { parsed, since, statement } = this.#under;
    // What cannot be found out is not worth ending a migration for.
    const doing = await this.watcher.activity(this.pid).catch(() => undefined);
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
