import type { Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import type { KeptAnswer } from '../../kept-answers.js';
import { MediaKeptAnswers } from '../media.kept-answers.js';
import { SettingEntity } from './setting.entity.js';
import {
  byKey,
  type Setting,
  type SettingChange,
  SettingRepository,
} from './setting.repository.js';

const settings = tableColumns(SettingEntity);

const INSERT = `INSERT INTO settings (${settings.names}) VALUES (${settings.values})
  ON CONFLICT (key) DO NOTHING`;

/** Ends a transaction of which nothing is to stay. */
class Overtaken extends Error {}

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlSettingRepository extends SettingRepository {
  readonly #answers: MediaKeptAnswers;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.#answers = new MediaKeptAnswers(database);
  }

  async all(): Promise<readonly Setting[]> {
    const rows = await this.database.read((sql) =>
      sql.rows<object>(`SELECT ${settings.selected} FROM settings ORDER BY key`),
    );
    return rows.map((row) => settings.read(row));
  }

  /** In the order of their keys, as all that change several: none waits for another in a circle. */
  async makeFirst(given: readonly Setting[]): Promise<void> {
    await this.database.transaction(async (sql) => {
      for (const setting of given.toSorted(byKey))
        await sql.run(INSERT, settings.parameters(setting));
    });
  }

  async replace(changes: readonly SettingChange[], answer?: KeptAnswer): Promise<boolean> {
    const inOrder = changes.toSorted((one, other) => byKey(one.setting, other.setting));
    try {
      await this.database.transaction(async (sql) => {
        for (const change of inOrder) {
          if (!(await replaceOne(sql, change))) throw new Overtaken();
        }
        await this.#answers.insert(sql, answer);
      });
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      throw error;
    }
  }
}

async function replaceOne(sql: Sql, { setting, versionBefore }: SettingChange): Promise<boolean> {
  const parameters = settings.parameters(setting);
  if (versionBefore === null) return (await sql.run(INSERT, parameters)) > 0;
  const updated = await sql.run(
    `UPDATE settings
        SET value = :value, version = :version, updated_at = :updatedAt, updated_by = :updatedBy
      WHERE key = :key AND version = :versionBefore`,
    { ...parameters, versionBefore },
  );
  return updated > 0;
}
