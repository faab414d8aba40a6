import { type Direction, DIRECTIONS, type End, ENTRIES, otherEnd } from './edge.js';
import { edgePart } from './edge.columns.js';

/**
 * A walk in one statement, so that all of it sees one state of the graph: a row of `levels` for each
 * depth, until there are `:limit` edges, `:maxDepth` levels, or no new nodes.
 *
 * Of each node only as many edges are read, by an index alone, as are still wanted, and as many more
 * as the level before may have found: an edge that is known leads to a node of that level, since one
 * that was found earlier would have led here earlier. Metadata is read of the edges returned alone.
 *
 * - `nodes`: those first reached at `depth`, each expanded once, by the next level
 * - `known`: for each of them, how many edges of the last level end there
 * - `reached`: all nodes up to this depth
 * - `found`: the edges that are new at this depth; `total`: how many there are up to it
 */
export const WALK = Object.fromEntries(
  DIRECTIONS.map((direction) => [direction, walk(ENTRIES[direction])]),
) as Readonly<Record<Direction, string>>;

function walk(entries: readonly End[]): string {
  return `
WITH RECURSIVE levels (depth, nodes, known, reached, found, total) AS (
  SELECT 0, ARRAY[CAST(:entityId AS text)], ARRAY[CAST(0 AS bigint)],
         ARRAY[CAST(:entityId AS text)], CAST(ARRAY[] AS text[]) COLLATE "C", 0
  UNION ALL
  SELECT l.depth + 1, next.nodes, next.known, l.reached || next.nodes, next.found,
         l.total + cardinality(next.found)
    FROM levels l CROSS JOIN LATERAL (
      WITH near AS (
        ${entries.map(edgesAt).join(' UNION ')}
      ), found AS MATERIALIZED (
        SELECT near.edge_id FROM near
         WHERE NOT EXISTS (SELECT FROM unnest(l.found) AS f (edge_id) WHERE f.edge_id = near.edge_id)
         ORDER BY near.created_at, near.edge_id LIMIT :limit - l.total
      ), ends AS (
        ${entries.map(otherEnd).map(endsOf).join(' UNION ALL ')}
      ), nodes AS MATERIALIZED (
        SELECT ends.node, count(*) AS known FROM ends
         WHERE NOT EXISTS (SELECT FROM unnest(l.reached) AS r (node) WHERE r.node = ends.node)
         GROUP BY ends.node
      )
      SELECT ARRAY(SELECT node FROM nodes ORDER BY node) AS nodes,
             ARRAY(SELECT known FROM nodes ORDER BY node) AS known,
             ARRAY(SELECT edge_id FROM found) AS found
    ) AS next
   WHERE l.depth < :maxDepth AND l.total < :limit AND cardinality(l.nodes) > 0
)
SELECT l.depth, ${edgePart.selected}
  FROM levels l CROSS JOIN LATERAL unnest(l.found) AS f (edge_id)
  JOIN dpm_lineage_edges e ON e.edge_id = f.edge_id
 ORDER BY l.depth, e.created_at, e.edge_id`;
}

/** Each node's oldest edges; an edge may be there several times. */
function edgesAt(end: End): string {
  return `
        SELECT o.created_at, o.edge_id
          FROM unnest(l.nodes, l.known) AS n (node, known) CROSS JOIN LATERAL (
            SELECT e.created_at, e.edge_id FROM dpm_lineage_edges e WHERE e.${end} = n.node
             ORDER BY e.created_at, e.edge_id LIMIT :limit - l.total + n.known) AS o`;
}

function endsOf(end: End): string {
  return `
        SELECT e.${end} AS node FROM found JOIN dpm_lineage_edges e ON e.edge_id = found.edge_id`;
}
