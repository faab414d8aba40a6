import { type Instant, storedTime } from '@holdfast/core/instant';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { skipLocked } from '@holdfast/postgres/database/row-locks';
import type { Parameters, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { forUpdate, textsIn } from '../dialect.js';
import { MediaObjectEntity } from './media-object.entity.js';
import { byExpiry, type MediaObject, type Scope, SCOPES } from './media-object.js';
import { MediaObjectRepository } from './media-object.repository.js';

const objects = tableColumns(MediaObjectEntity);

/** Drivers give sums of whole numbers as texts where they may be large. */
interface Count {
  readonly rows: number | string;
  readonly bytes: number | string;
}

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlMediaObjectRepository extends MediaObjectRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async add(object: MediaObject): Promise<void> {
    const stored = await this.database.write(
      `INSERT INTO media_object (${objects.names}) VALUES (${objects.values}) RETURNING id`,
      objects.parameters(object),
    );
    if (stored.length === 0) throwNotStored();
  }

  async find(id: string): Promise<MediaObject | null> {
    const [object] = await this.#objects('WHERE id = :id', { id });
    return object ?? null;
  }

  async resultOf(jobId: string): Promise<MediaObject | null> {
    const [object] = await this.#objects(`WHERE job_id = :jobId AND scope = 'result'`, { jobId });
    return object ?? null;
  }

  async markExpired(now: Instant, limit: number, slotId?: string): Promise<readonly MediaObject[]> {
    const rows = await this.database.write<object>(
      `WITH expired AS MATERIALIZED (
         SELECT id FROM media_object ${expired(slotId)}
          ORDER BY expires_at, id LIMIT :limit ${skipLocked(this.database)})
       UPDATE media_object SET cleaned_at = :now
        WHERE id IN (SELECT id FROM expired) AND cleaned_at IS NULL
        RETURNING ${objects.selected}`,
      { ...expiredParameters(now, slotId), limit },
    );
    return rows.map((row) => objects.read(row)).toSorted(byExpiry);
  }

  async countExpired(now: Instant, slotId?: string): Promise<{ rows: number; bytes: number }> {
    const [count] = await this.#rows<Count>(
      `SELECT COUNT(*) AS rows, COALESCE(SUM(bytes), 0) AS bytes FROM media_object
        ${expired(slotId)}`,
      expiredParameters(now, slotId),
    );
    return { rows: Number(count?.rows), bytes: Number(count?.bytes) };
  }

  async markCleaned(ids: readonly string[], cleanedAt: Instant): Promise<number> {
    const marked = await this.database.write(
      `WITH chosen AS MATERIALIZED (
         SELECT id FROM media_object
          WHERE id IN (${textsIn(this.database, 'ids')}) AND cleaned_at IS NULL
          ORDER BY id ${forUpdate(this.database)})
       UPDATE media_object SET cleaned_at = :cleanedAt
        WHERE id IN (SELECT id FROM chosen) AND cleaned_at IS NULL RETURNING id`,
      { ids: JSON.stringify(ids), cleanedAt: storedTime(cleanedAt) },
    );
    return marked.length;
  }

  async liveAmong(paths: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#rows<{ readonly path: string }>(
      `SELECT path FROM media_object
        WHERE cleaned_at IS NULL AND path IN (${textsIn(this.database, 'paths')})`,
      { paths: JSON.stringify(paths) },
    );
    return new Set(rows.map(({ path }) => path));
  }

  liveAfter(after: string | null, limit: number): Promise<readonly MediaObject[]> {
    return this.#objects(
      `WHERE cleaned_at IS NULL ${after === null ? '' : 'AND path > :after'}
       ORDER BY path LIMIT :limit`,
      { limit, ...(after !== null && { after }) },
    );
  }

  async bytesByScope(): Promise<Readonly<Record<Scope, number>>> {
    const rows = await this.#rows<{ readonly scope: Scope } & Pick<Count, 'bytes'>>(
      'SELECT scope, SUM(bytes) AS bytes FROM media_object WHERE cleaned_at IS NULL GROUP BY scope',
      {},
    );
    const sums = new Map(rows.map(({ scope, bytes }) => [scope, Number(bytes)]));
    const entries = SCOPES.map((scope) => [scope, sums.get(scope) ?? 0]);
    return Object.fromEntries(entries) as Record<Scope, number>;
  }

  async #objects(clauses: string, parameters: Parameters): Promise<readonly MediaObject[]> {
    const rows = await this.#rows<object>(
      `SELECT ${objects.selected} FROM media_object ${clauses}`,
      parameters,
    );
    return rows.map((row) => objects.read(row));
  }

  /** Never stale: files are removed by what is found, and given out. */
  #rows<Row extends object>(statement: string, parameters: Parameters): Promise<readonly Row[]> {
    return this.database.read((sql) => sql.rows<Row>(statement, parameters));
  }
}

function expired(slotId: string | undefined): string {
  const ofSlot = slotId === undefined ? '' : 'slot_id = :slotId AND';
  return `WHERE ${ofSlot} cleaned_at IS NULL AND expires_at <= :now`;
}

function expiredParameters(now: Instant, slotId: string | undefined): Parameters {
  return { now: storedTime(now), ...(slotId !== undefined && { slotId }) };
}
