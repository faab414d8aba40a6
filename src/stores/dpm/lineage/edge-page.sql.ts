import { PAGE_BYTES } from '@holdfast/core/page';
import { bytesInSql } from './edge.js';

/**
 * The first rows of a query of edges: as many as an answer has bytes for, and one more.
 * @param query gives the columns of an edge, with its metadata as text
 * @param order of the rows
 */
export function firstPageOf(query: string, order: string, isPostgres: boolean): string {
  const bytes = bytesInSql((text) =>
    isPostgres ? `octet_length(${text})` : `length(CAST(${text} AS blob))`,
  );
  return `
    SELECT * FROM (
      SELECT sized.*, SUM(own_bytes) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) - own_bytes AS bytes_before
        FROM (SELECT found.*, ${bytes} AS own_bytes FROM (${query}) AS found) AS sized
    ) AS summed WHERE bytes_before <= ${PAGE_BYTES} ORDER BY ${order}`;
}
