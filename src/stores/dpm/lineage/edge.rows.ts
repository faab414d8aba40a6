import type { Parameters } from '@holdfast/postgres/database/sql-database';
import { readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import type { JsonValue } from '@holdfast/core/json';
import { PAGE_BYTES } from '@holdfast/core/page';
import { bytesInSql, type LineageEdge } from './edge.js';

export interface EdgeRow {
  readonly edge_id: string;
  readonly source: string;
  readonly edge_type: string;
  readonly target: string;
  /** JSON text: read without the driver's own parsing. */
  readonly metadata: string;
  readonly created_at: TimeColumn;
}

export const EDGE_COLUMNS = `e.edge_id, e.source, e.edge_type, e.target,
  CAST(e.metadata AS text) AS metadata, e.created_at`;

/**
 * The first rows of a query of edges: as many as an answer has bytes for, and one more.
 * @param query gives the columns of an edge, with its metadata as text
 * @param order of the rows
 */
export function withinPage(query: string, order: string, isPostgres: boolean): string {
  const bytes = bytesInSql((text) =>
    isPostgres ? `octet_length(${text})` : `length(CAST(${text} AS blob))`,
  );
  return `
    SELECT * FROM (
      SELECT sized.*, SUM(own_bytes) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) - own_bytes AS bytes_before
        FROM (SELECT found.*, ${bytes} AS own_bytes FROM (${query}) AS found) AS sized
    ) AS summed WHERE bytes_before <= ${PAGE_BYTES} ORDER BY ${order}`;
}

export function edgeOf(row: EdgeRow): LineageEdge {
  return {
    edgeId: row.edge_id,
    source: row.source,
    edgeType: row.edge_type,
    target: row.target,
    metadata: JSON.parse(row.metadata) as JsonValue,
    createdAt: readTime(row.created_at),
  };
}

export function edgeParameters(edge: LineageEdge): Parameters {
  return {
    ...edge,
    metadata: JSON.stringify(edge.metadata),
    createdAt: storedTime(edge.createdAt),
  };
}
