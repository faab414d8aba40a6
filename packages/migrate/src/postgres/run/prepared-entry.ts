import type pg from 'pg';
import type { Migration } from '../../migration.js';
import type { MigratorIdentity } from '../../migration-session.js';

/**
 * Enters the migrations of one store into the ledger by a statement that is prepared once: parsing and planning an
 * INSERT for each of them costs the server half of what a small migration costs.
 */
export class PreparedEntry {
  #state: 'unprepared' | 'prepared' | 'lost' = 'unprepared';
  readonly #name: string;

  constructor(
    private readonly client: pg.Client,
    private readonly store: string,
    private readonly identity: MigratorIdentity,
  ) {
    this.#name = client.escapeIdentifier(`holdfast_entry_${store}`);
  }

  /** Prepares it where that has not been done. @throws the driver's error */
  async prepare(): Promise<void> {
    if (this.#state !== 'unprepared') return;
    const [store, appliedBy, build] = [
      this.store,
      this.identity.appliedBy,
      this.identity.build,
    ].map((text) => this.client.escapeLiteral(text));
    await this.client
      .query(`PREPARE ${this.#name} (text, text, text, boolean, text) AS INSERT INTO holdfast_migrations
      (store, version, name, checksum, applied_by, build, applied_at, duration_ms, backward_compatible)
      VALUES (${store}, $1, $2, $3, ${appliedBy}, ${build}, clock_timestamp(),
              1000 * extract(epoch FROM clock_timestamp() - coalesce(
                (SELECT applied_at FROM holdfast_migrations WHERE store = ${store} AND version = $5),
                transaction_timestamp())), $4)
      RETURNING duration_ms`);
    this.#state = 'prepared';
  }

  /** A migration may have run DEALLOCATE: from then on each is entered by a text of its own. @returns whether it was used */
  giveUp(): boolean {
    const wasUsed = this.#state === 'prepared';
    this.#state = 'lost';
    return wasUsed;
  }

  /**
   * @param after the migration that was entered just before by the same text
   * @returns undefined where it is not prepared
   */
  sqlFor(migration: Migration, after?: Migration): string | undefined {
    if (this.#state !== 'prepared') return undefined;
    const { version, name, checksum, backwardCompatible } = migration;
    const texts = [version, name, checksum].map((text) => this.client.escapeLiteral(text));
    const before = after ? this.client.escapeLiteral(after.version) : 'NULL';
    return `EXECUTE ${this.#name} (${texts.join(', ')}, ${backwardCompatible}, ${before})`;
  }
}
