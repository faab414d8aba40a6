import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { storedTime } from '@holdfast/core/instant';
import type { Lease } from '@holdfast/core/lease';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { type LeaseEntity, leaseEntity } from './lease.entity.js';

/** Of every table of leases. */
const leases = tableColumns(leaseEntity('leases'));

/** Longer than any batch takes, so that only a process that died loses its lease. */
const LEASE_SECONDS = 120;

/**
 * A lease as a row with an end. It needs no session, so it holds through a connection pooler too; it
 * asks of the replicas' clocks only that they differ by less than its length.
 */
export class SqlLease implements Lease {
  readonly #table: string;

  constructor(
    private readonly database: SqlDatabase,
    { options }: LeaseEntity,
    private readonly name: string,
    private readonly holder: string,
  ) {
    this.#table = options.tableName ?? options.name;
  }

  async hold(): Promise<boolean> {
    const now = Date.now();
    const held = await this.database.write(
      `INSERT INTO ${this.#table} (${leases.names}) VALUES (${leases.values})
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
        WHERE ${this.#table}.holder = excluded.holder OR ${this.#table}.expires_at < :now
       RETURNING holder`,
      {
        ...leases.parameters({
          name: this.name,
          holder: this.holder,
          expiresAt: new Date(now + LEASE_SECONDS * 1000).toISOString(),
        }),
        now: storedTime(new Date(now).toISOString()),
      },
    );
    return held.length === 1;
  }

  async release(): Promise<void> {
    await this.database.write(
      `DELETE FROM ${this.#table} WHERE name = :name AND holder = :holder RETURNING name`,
      { name: this.name, holder: this.holder },
    );
  }
}
