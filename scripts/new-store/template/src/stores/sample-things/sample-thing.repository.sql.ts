import { type CreatedRange, storedTime } from '@holdfast/core/instant';
import { pageStartOf, type Position } from '@holdfast/core/page';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import {
  type Parameters,
  type Sql,
  type SqlDatabase,
  whereClause,
} from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { SampleThingEntity } from './sample-thing.entity.js';
import { isSame, type SampleThing } from './sample-thing.js';
import { type Creation, SampleThingRepository } from './sample-thing.repository.js';

const columns = tableColumns(SampleThingEntity);

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlSampleThingRepository extends SampleThingRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async create(record: SampleThing): Promise<Creation> {
    // Waits for a transaction that takes the identifier, and sees what it did.
    const inserted = await this.database.write(
      `INSERT INTO sample_things (${columns.names}) VALUES (${columns.values})
       ON CONFLICT DO NOTHING RETURNING sample_thing_id`,
      columns.parameters(record),
    );
    if (inserted.length > 0) return { outcome: 'created', record };
    const [there] = await this.database.read((sql) => byIdentifier(sql, record.sampleThingId));
    // A trigger or a rule may drop the row without a word.
    if (!there) throwNotStored();
    return { outcome: isSame(there, record) ? 'replayed' : 'conflict', record: there };
  }

  async find(sampleThingId: string): Promise<SampleThing | null> {
    const [record] = await this.database.readStale((sql) => byIdentifier(sql, sampleThingId));
    return record ?? null;
  }

  list(range: CreatedRange, limit: number, after?: Position): Promise<readonly SampleThing[]> {
    const start = pageStartOf(range, after);
    return this.database.readStale((sql) =>
      select(
        sql,
        `${whereClause({
          'created_at >= :createdFrom': range.createdFrom,
          'created_at < :createdTo': start.createdTo,
          '(created_at, sample_thing_id) < (:afterTime, :afterId)': start.after,
        })}
        ORDER BY created_at DESC, sample_thing_id DESC LIMIT :limit`,
        {
          ...range,
          limit,
          ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
        },
      ),
    );
  }
}

function byIdentifier(sql: Sql, sampleThingId: string): Promise<readonly SampleThing[]> {
  return select(sql, 'WHERE sample_thing_id = :sampleThingId', { sampleThingId });
}

async function select(
  sql: Sql,
  clauses: string,
  parameters: Parameters,
): Promise<readonly SampleThing[]> {
  const rows = await sql.rows<object>(
    `SELECT ${columns.selected} FROM sample_things ${clauses}`,
    parameters,
  );
  return rows.map((row) => columns.read(row));
}
