import type pg from 'pg';
import {
  MEDIA_TABLE,
  mediaPageSql,
  type MediaPages,
  mediaRow,
  type RawMediaRow,
} from '../media/media-rows.js';

/** As the session sees them; to be asked for before `qualifyNames`. Without the table there are none. */
export async function mediaPagesOf(client: pg.Client): Promise<MediaPages> {
  const { rows } = await client.query<{ is_there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS is_there',
    [MEDIA_TABLE],
  );
  if (!rows[0]?.is_there) return () => Promise.resolve([]);
  return async (after) => {
    const page = await client.query<RawMediaRow>(mediaPageSql('$1'), [after]);
    return page.rows.map(mediaRow);
  };
}
