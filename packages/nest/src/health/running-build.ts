import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Log } from '@holdfast/core/log';
import type { Release } from '@holdfast/core/release';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { isSqlState } from '@holdfast/core/server-message';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { faultOf } from '@holdfast/postgres/sessions/open-session';
import type { DatabaseSession } from '@holdfast/postgres/sessions/session';
import { type RunningProcess, TELL_RUNNING_EVERY_MS } from '@holdfast/postgres/verification/builds';

/**
 * Tells a database on PostgreSQL, for whoever migrates it, that this build runs and what it sends. It is a row and
 * no session, so that it holds through a pooler.
 */
export class RunningBuild {
  readonly #process = `${hostname()} pid ${process.pid} ${randomUUID()}`;
  #toldAt = -Infinity;
  #isKnown = false;
  #hasFailed = false;

  /** @param stores that the database holds */
  constructor(
    private readonly database: DatabaseSettings,
    private readonly stores: readonly MigratedStore[],
    private readonly release: Release,
    private readonly log: Log,
  ) {}

  /** In one round trip. @returns whether it was due */
  async tellDue(session: DatabaseSession): Promise<boolean> {
    const now = performance.now();
    if (this.database.type === 'sqlite' || now - this.#toldAt < TELL_RUNNING_EVERY_MS) return false;
    this.#toldAt = now;
    try {
      if (this.#isKnown) this.#isKnown = await session.tellRunning(this.#process, true);
      else await this.#publish(session);
      // Somebody has taken it away: said again at once.
      if (!this.#isKnown) this.#toldAt = -Infinity;
      if (this.#hasFailed) this.log.info({ event: 'build.told', database: this.database.name });
      this.#hasFailed = false;
    } catch (error) {
      // The server has answered: that it has no table for it, or that the role may not.
      const { code } = error as { readonly code?: unknown };
      if (!isSqlState(code) || isDisconnected(error)) throw error;
      this.#warn(error);
    }
    return true;
  }

  async tellEnd(session: DatabaseSession): Promise<void> {
    this.#toldAt = Infinity;
    if (this.#isKnown) await session.tellRunning(this.#process, false);
  }

  async #publish(session: DatabaseSession): Promise<void> {
    const stores = this.stores.map(({ store, recorded }): RunningProcess['stores'][number] => {
      const { digest = null, texts = [] } = recorded() ?? {};
      return { store, digest, statements: texts };
    });
    await session.publishBuild({ process: this.#process, build: this.release.version, stores });
    this.#isKnown = true;
  }

  #warn(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { code } = faultOf(this.database, error);
    this.log.warn({ event: 'build.untold', database: this.database.name, code }, UNTOLD);
  }
}

const UNTOLD =
  'what is marked backward-compatible is not proved for this process: run `holdfast migrate up`, and let the role write holdfast_builds and holdfast_running';
