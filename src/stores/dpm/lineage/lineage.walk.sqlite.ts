import type { Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { newestFirst } from '@holdfast/core/page';
import { type Direction, type End, ENTRIES, otherEnd } from './edge.js';
import type { RowOf } from '@holdfast/postgres/entities/define-entity';
import type { EdgeEntity } from './edge.entity.js';
import { edgePart, edges } from './edge.columns.js';
import { firstPageOf } from './edge-page.sql.js';
import type { WalkedEdge } from './lineage.repository.js';

/** An edge on the way; `created_at` is a text that orders as the times do. */
type Step = Pick<RowOf<typeof EdgeEntity>, 'edge_id' | 'source' | 'target'> & {
  readonly created_at: string;
};

/** After every edge: texts of times begin with a digit. */
const END_OF_TIME = { created_at: '~', edge_id: '' };

const OLDEST: Readonly<Record<End, string>> = {
  source: oldestAt('source'),
  target: oldestAt('target'),
};

/** Metadata is read for the edges that are returned alone. */
const EDGES = firstPageOf(
  `SELECT f.key AS position, f.value ->> 1 AS depth, ${edgePart.selected}
     FROM json_each(:depths) f CROSS JOIN dpm_lineage_edges e ON e.edge_id = f.value ->> 0`,
  'position',
  false,
);

/** A walk as the port has it, in short index reads that all see one state of the graph. */
export function walkSqlite(
  database: SqlDatabase,
  entityId: string,
  direction: Direction,
  maxDepth: number,
  limit: number,
): Promise<readonly WalkedEdge[]> {
  return database.read((sql) =>
    inOneState(sql, async () => {
      const depths = await depthsFrom(sql, entityId, direction, maxDepth, limit);
      const rows = await sql.rows<{ readonly depth: number }>(EDGES, {
        depths: JSON.stringify([...depths]),
      });
      return rows.map((row) => ({ depth: row.depth, edge: edges.read(row) }));
    }),
  );
}

/** Level by level, until there are `limit` edges. @returns depths by edge, in the walk's order */
async function depthsFrom(
  sql: Sql,
  entityId: string,
  direction: Direction,
  maxDepth: number,
  limit: number,
): Promise<ReadonlyMap<string, number>> {
  const depths = new Map<string, number>();
  const reached = new Set([entityId]);
  let nodes: ReadonlyMap<string, number> = new Map([[entityId, 0]]);
  for (let depth = 1; depth <= maxDepth && depths.size < limit && nodes.size > 0; depth += 1) {
    const level = await levelFrom(sql, nodes, direction, depths, limit - depths.size);
    const next = new Map<string, number>();
    for (const step of level) {
      depths.set(step.edge_id, depth);
      for (const entry of ENTRIES[direction]) {
        const node = step[otherEnd(entry)];
        if (!reached.has(node)) next.set(node, (next.get(node) ?? 0) + 1);
      }
    }
    for (const node of next.keys()) reached.add(node);
    nodes = next;
  }
  return depths;
}

/**
 * The oldest edges of some nodes that are not known yet. A node has to give none that is younger
 * than as many as are wanted of the nodes before it.
 * @param nodes how many of its edges may be known, by node: as many more are read
 */
async function levelFrom(
  sql: Sql,
  nodes: ReadonlyMap<string, number>,
  direction: Direction,
  known: ReadonlyMap<string, number>,
  wanted: number,
): Promise<readonly Step[]> {
  const taken = new Set(known.keys());
  let level: readonly Step[] = [];
  for (const [node, knownThere] of nodes) {
    for (const entry of ENTRIES[direction]) {
      const before = level[wanted - 1] ?? END_OF_TIME;
      const steps = await sql.rows<Step>(OLDEST[entry], {
        node,
        createdAt: before.created_at,
        edgeId: before.edge_id,
        limit: wanted + knownThere,
      });
      const fresh = steps.filter((step) => !taken.has(step.edge_id));
      if (fresh.length === 0) continue;
      for (const step of fresh) taken.add(step.edge_id);
      level = [...level, ...fresh].sort(oldestFirst).slice(0, wanted);
    }
  }
  return level;
}

function oldestAt(end: End): string {
  return `SELECT e.edge_id, e.source, e.target, e.created_at FROM dpm_lineage_edges e
    WHERE e.${end} = :node AND (e.created_at, e.edge_id) < (:createdAt, :edgeId)
    ORDER BY e.created_at, e.edge_id LIMIT :limit`;
}

function oldestFirst(one: Step, other: Step): number {
  return newestFirst(
    { createdAt: other.created_at, id: other.edge_id },
    { createdAt: one.created_at, id: one.edge_id },
  );
}

/** Other processes may write between two statements that are not in a transaction. */
async function inOneState<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  await sql.run('BEGIN');
  try {
    const result = await work();
    await sql.run('COMMIT');
    return result;
  } catch (error) {
    await sql.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
