import type Sqlite from 'better-sqlite3';
import {
  MEDIA_TABLE,
  mediaPageSql,
  type MediaPages,
  mediaRow,
  type RawMediaRow,
} from '../media/media-rows.js';

/** As the connection sees them. Without the table there are none. */
export function mediaPagesOf(connection: Sqlite.Database): MediaPages {
  const isThere = connection
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`)
    .get(MEDIA_TABLE);
  if (isThere === undefined) return () => Promise.resolve([]);
  const page = connection.prepare<[string], RawMediaRow>(mediaPageSql('?'));
  return (after) => Promise.resolve(page.all(after).map(mediaRow));
}
