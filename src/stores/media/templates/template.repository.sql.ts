import { storedTime } from '@holdfast/core/instant';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import type { Parameters, Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { MediaObjectEntity } from '../objects/media-object.entity.js';
import { TemplateEntity } from './template.entity.js';
import { type StoredTemplate, TemplateRepository } from './template.repository.js';

const templates = tableColumns(TemplateEntity);
const objects = tableColumns(MediaObjectEntity);
const templatePart = templates.from('t');
const objectPart = objects.from('o', 'object_');

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlTemplateRepository extends TemplateRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  add({ template, object }: StoredTemplate): Promise<void> {
    return this.database.transaction(async (sql) => {
      await sql.insert(
        `INSERT INTO media_object (${objects.names}) VALUES (${objects.values})`,
        objects.parameters(object),
      );
      await sql.insert(
        `INSERT INTO slot_template_media (${templates.names}) VALUES (${templates.values})`,
        templates.parameters(template),
      );
    });
  }

  async find(id: string): Promise<StoredTemplate | null> {
    const [stored] = await this.database.read((sql) => rows(sql, 'WHERE t.id = :id', { id }));
    return stored ?? null;
  }

  /** Never stale: a photo is changed by the templates that the slot has now. */
  ofSlot(slotId: string): Promise<readonly StoredTemplate[]> {
    return this.database.read((sql) =>
      rows(sql, 'WHERE t.slot_id = :slotId ORDER BY t.created_at, t.id', { slotId }),
    );
  }

  remove(id: string, cleanedAt: string): Promise<StoredTemplate | null> {
    return this.database.transaction(async (sql) => {
      const [stored] = await rows(sql, 'WHERE t.id = :id', { id });
      if (!stored) return null;
      const removed = await sql.run('DELETE FROM slot_template_media WHERE id = :id', { id });
      // Somebody else has removed it since it was read.
      if (removed === 0) return null;
      const marked = await sql.run(
        `UPDATE media_object SET cleaned_at = :cleanedAt
          WHERE id = :objectId AND cleaned_at IS NULL`,
        { objectId: stored.object.id, cleanedAt: storedTime(cleanedAt) },
      );
      if (marked === 0 && stored.object.cleanedAt === null) throwNotStored();
      return {
        ...stored,
        object: { ...stored.object, cleanedAt: stored.object.cleanedAt ?? cleanedAt },
      };
    });
  }
}

async function rows(
  sql: Sql,
  clauses: string,
  parameters: Parameters,
): Promise<readonly StoredTemplate[]> {
  const found = await sql.rows<object>(
    `SELECT ${templatePart.selected}, ${objectPart.selected}
       FROM slot_template_media t JOIN media_object o ON o.id = t.media_object_id ${clauses}`,
    parameters,
  );
  return found.map((row) => ({ template: templatePart.read(row), object: objectPart.read(row) }));
}
