import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { SlotEntity } from './slot.entity.js';
import type { Slot } from './slot.js';
import { SlotRepository } from './slot.repository.js';

const slots = tableColumns(SlotEntity);

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlSlotRepository extends SlotRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  /** Whoever stores the first of them stores all; the others wait for it, and find it taken. */
  async makeFirst(given: readonly Slot[]): Promise<void> {
    await this.database.transaction(async (sql) => {
      const there = await sql.rows('SELECT id FROM slot LIMIT 1');
      const [first, ...more] = there.length > 0 ? [] : given;
      if (!first) return;
      const insert = `INSERT INTO slot (${slots.names}) VALUES (${slots.values})`;
      const stored = await sql.run(`${insert} ON CONFLICT DO NOTHING`, slots.parameters(first));
      if (stored === 0) {
        const others = await sql.rows('SELECT id FROM slot LIMIT 1');
        if (others.length === 0) throwNotStored();
        return;
      }
      for (const slot of more) await sql.insert(insert, slots.parameters(slot));
    });
  }

  async find(id: string): Promise<Slot | null> {
    const [row] = await this.#rows('WHERE id = :id', { id });
    return row ?? null;
  }

  list(): Promise<readonly Slot[]> {
    return this.#rows('ORDER BY id', {});
  }

  async replace(slot: Slot, versionBefore: number): Promise<boolean> {
    const updated = await this.database.write(
      `UPDATE slot
          SET display_name = :displayName, provider = :provider, operation = :operation,
              settings_json = :settingsJson, size_limit_mb = :sizeLimitMb, is_active = :isActive,
              version = :version, updated_by = :updatedBy, updated_at = :updatedAt
        WHERE id = :id AND version = :versionBefore RETURNING id`,
      { ...slots.parameters(slot), versionBefore },
    );
    return updated.length > 0;
  }

  /** Never stale: a photo is changed as the slot says now. */
  async #rows(clauses: string, parameters: Readonly<Record<string, string>>) {
    const rows = await this.database.read((sql) =>
      sql.rows<object>(`SELECT ${slots.selected} FROM slot ${clauses}`, parameters),
    );
    return rows.map((row) => slots.read(row));
  }
}
