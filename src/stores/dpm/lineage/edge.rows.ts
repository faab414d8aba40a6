import type { Parameters } from '../../../database/sql-database.js';
import { readTime, storedTime, type TimeColumn } from '../../instant.js';
import type { JsonValue } from '../../json.js';
import type { LineageEdge } from './edge.js';

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
