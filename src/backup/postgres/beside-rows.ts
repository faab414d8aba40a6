import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';
import type { PostgresBackup } from '../manifest.js';
import { isUserSchema } from './user-objects.js';

/** What a database holds beside the rows of its tables. */
type BesideRows = Pick<PostgresBackup, 'sequences' | 'large_objects'>;

/** Sequences are of no snapshot: a dump, which is begun later, has these numbers or later ones. */
export async function readBesideRows(client: pg.Client): Promise<BesideRows> {
  const { rows: sequences } = await client.query<BesideRows['sequences'][number]>(
    `SELECT schemaname AS schema, sequencename AS name, last_value::text AS last
       FROM pg_sequences WHERE increment_by > 0 AND NOT cycle AND ${isUserSchema('schemaname')} ORDER BY 1, 2`,
  );
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pg_largeobject_metadata',
  );
  return { sequences, large_objects: rows[0]?.count ?? 0 };
}

/** @throws RESTORE_MISMATCH for a number that would be given away twice, and for large objects that are missing */
export function refuseLessBesideRows(
  backup: BesideRows & Pick<PostgresBackup, 'sequence_values'>,
  restored: BesideRows,
): void {
  const isBehind = ({ schema, name, last }: BesideRows['sequences'][number]) => {
    const other = restored.sequences.find((each) => each.schema === schema && each.name === name);
    if (last === null) return false;
    return other?.last == null || BigInt(other.last) < BigInt(last);
  };
  // What has moved while it was dumped is known by `sequence_values`.
  const behind = backup.sequence_values ? undefined : backup.sequences.find(isBehind);
  if (behind)
    throw new ReasonError('RESTORE_MISMATCH', {
      detail: `the sequence ${behind.schema}.${behind.name} is behind ${behind.last ?? ''}`,
    });
  if (backup.large_objects !== restored.large_objects)
    throw new ReasonError('RESTORE_MISMATCH', {
      detail: `there are ${restored.large_objects} large objects, not ${backup.large_objects}`,
    });
}
