import { skipLocked } from '@holdfast/postgres/database/row-locks';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { type Instant, storedTime } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import type { Position } from '@holdfast/core/page';
import { DpmKeptAnswers } from '../dpm.kept-answers.js';
import type { Direction, LineageEdge } from './edge.js';
import { edgePart, edges } from './edge.columns.js';
import { firstPageOf } from './edge-page.sql.js';
import { LineageRepository, type WalkedEdge } from './lineage.repository.js';
import { WALK } from './lineage.walk.postgres.js';
import { walkSqlite } from './lineage.walk.sqlite.js';

/** The oldest edges of an entity. Each side has its index; an edge to itself is on one side only. */
function edgesAt(direction: Direction, page: string): string {
  if (direction === 'outgoing') return oldest(`e.source = :entityId ${page}`);
  if (direction === 'incoming') return oldest(`e.target = :entityId ${page}`);
  return `
    SELECT * FROM (
      SELECT * FROM (${oldest(`e.source = :entityId ${page}`)}) AS outgoing
      UNION ALL
      SELECT * FROM (${oldest(`e.target = :entityId AND e.source <> :entityId ${page}`)}) AS incoming
    ) AS edges ORDER BY created_at, edge_id LIMIT :limit`;
}

/** An edge that is in the way may be purged before it is read; not so often. */
const ATTEMPTS = 5;

const FURTHER = 'AND (e.created_at, e.edge_id) > (:afterTime, :afterId)';

const WALK_WITHIN_PAGE = Object.fromEntries(
  Object.entries(WALK).map(([direction, walk]) => [
    direction,
    firstPageOf(walk, 'depth, created_at, edge_id', true),
  ]),
) as typeof WALK;

/** SQLite and PostgreSQL, in the SQL that both understand; but each walks in its own way. */
export class SqlLineageRepository extends LineageRepository {
  readonly #answers: DpmKeptAnswers;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.#answers = new DpmKeptAnswers(database);
  }

  async append(edge: LineageEdge, answer?: KeptAnswer): Promise<LineageEdge | null> {
    // Again only when the edge that was in the way has been purged before it could be read.
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const inserted = await this.#answers.write(
        `INSERT INTO dpm_lineage_edges (${edges.names}) VALUES (${edges.values})
         ON CONFLICT (source, edge_type, target) DO NOTHING RETURNING edge_id`,
        edges.parameters(edge),
        answer,
      );
      if (inserted.length > 0) return null;
      const [row] = await this.database.read((sql) =>
        sql.rows<object>(
          `SELECT ${edgePart.selected} FROM dpm_lineage_edges e
            WHERE e.source = :source AND e.edge_type = :edgeType AND e.target = :target`,
          edges.parameters(edge),
        ),
      );
      if (row) return edges.read(row);
    }
    return throwNotStored();
  }

  get #isPostgres(): boolean {
    return this.database.settings.type === 'postgresql';
  }

  async edgesOf(
    entityId: string,
    direction: Direction,
    limit: number,
    after?: Position,
  ): Promise<readonly LineageEdge[]> {
    const found = edgesAt(direction, after ? FURTHER : '');
    const rows = await this.database.staleRows<object>(
      firstPageOf(found, 'created_at, edge_id', this.#isPostgres),
      {
        entityId,
        limit,
        ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
      },
    );
    return rows.map((row) => edges.read(row));
  }

  async walk(
    entityId: string,
    direction: Direction,
    maxDepth: number,
    limit: number,
  ): Promise<readonly WalkedEdge[]> {
    if (!this.#isPostgres) {
      return walkSqlite(this.database, entityId, direction, maxDepth, limit);
    }
    const rows = await this.database.staleRows<{ readonly depth: number }>(
      WALK_WITHIN_PAGE[direction],
      {
        entityId,
        maxDepth,
        limit,
      },
    );
    return rows.map((row) => ({ depth: row.depth, edge: edges.read(row) }));
  }

  async countExpired(before: Instant): Promise<number> {
    const [row] = await this.database.read((sql) =>
      sql.rows<{ readonly count: number | string }>(
        'SELECT COUNT(*) AS count FROM dpm_lineage_edges WHERE created_at < :before',
        { before: storedTime(before) },
      ),
    );
    return Number(row?.count);
  }

  purge(before: Instant, limit: number): Promise<number> {
    return this.database.transaction((sql) =>
      sql.run(
        `WITH expired AS MATERIALIZED (
           SELECT edge_id FROM dpm_lineage_edges WHERE created_at < :before
            ORDER BY created_at, edge_id LIMIT :limit ${skipLocked(this.database)})
         DELETE FROM dpm_lineage_edges WHERE edge_id IN (SELECT edge_id FROM expired)`,
        { before: storedTime(before), limit },
      ),
    );
  }
}

function oldest(condition: string): string {
  return `SELECT ${edgePart.selected} FROM dpm_lineage_edges e WHERE ${condition}
    ORDER BY e.created_at, e.edge_id LIMIT :limit`;
}
