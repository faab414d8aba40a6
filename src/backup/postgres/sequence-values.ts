import type pg from 'pg';
import { ReasonError } from '../backup.reasons.js';
import type { PostgresBackup } from '../manifest.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

type SequenceValue = NonNullable<PostgresBackup['sequence_values']>[number];

/** A sequence that a dump has. */
type Sequence = Pick<SequenceValue, 'schema' | 'name' | 'way'>;

/** Where it is: `5`, or `5 next` before that number is given. */
export type PlacedSequence = Sequence & { readonly place: string };

/** So many are asked in one statement. */
const MOST_ASKED = 200;

const UNDEFINED_TABLE = '42P01';

const SEQUENCES = `
SELECT n.nspname AS schema, c.relname AS name, CASE WHEN seqcycle THEN 'round' WHEN seqincrement > 0 THEN 'up' ELSE 'down' END AS way
  FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE ${isUserSchema('n.nspname')} AND NOT ${isOfExtension('pg_class', 'c.oid')}
 ORDER BY 1, 2`;

/** @param client in a transaction; what others drop meanwhile is left out */
export async function readSequences(client: pg.Client): Promise<readonly PlacedSequence[]> {
  const { rows } = await client.query<Sequence>(SEQUENCES);
  const placed: PlacedSequence[] = [];
  for (let at = 0; at < rows.length; at += MOST_ASKED)
    placed.push(...(await placesOf(client, rows.slice(at, at + MOST_ASKED))));
  return placed;
}

async function placesOf(
  client: pg.Client,
  asked: readonly Sequence[],
): Promise<readonly PlacedSequence[]> {
  const each = asked.map(
    ({ schema, name }, index) =>
      `SELECT ${index} AS index, last_value, is_called FROM ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`,
  );
  await client.query('SAVEPOINT sequences');
  try {
    const { rows } = await client.query<{ place: string }>(
      `SELECT last_value || CASE WHEN is_called THEN '' ELSE ' next' END AS place
         FROM (${each.join(' UNION ALL ')}) AS sequences ORDER BY index`,
    );
    return asked.flatMap((sequence, index) => {
      const place = rows[index]?.place;
      return place === undefined ? [] : [{ ...sequence, place }];
    });
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    await client.query('ROLLBACK TO SAVEPOINT sequences');
    return [];
  }
}

/** Sequences are of no snapshot: a dump has where they were at some moment between two readings. */
export function movedSequences(
  began: readonly PlacedSequence[],
  ended: readonly PlacedSequence[],
): SequenceValue[] {
  const later = byName(ended);
  return began.flatMap(({ place, ...sequence }) => {
    const found = later.get(nameOf(sequence));
    return found === undefined ? [] : [{ ...sequence, began_at: place, ended_at: found }];
  });
}

/** @throws RESTORE_MISMATCH for one that is where it was at no moment of the dump */
export function refuseOtherSequences(
  backup: readonly SequenceValue[],
  restored: readonly PlacedSequence[],
): void {
  const places = byName(restored);
  for (const sequence of backup) {
    const place = places.get(nameOf(sequence));
    if (place !== undefined && isWithin(sequence, place)) continue;
    const said = place === undefined ? 'missing' : `at ${place}, not at ${sequence.ended_at}`;
    throw new ReasonError('RESTORE_MISMATCH', {
      detail: `the sequence ${sequence.schema}.${sequence.name} is ${said}`,
    });
  }
}

function isWithin(
  { began_at: began, ended_at: ended, way }: SequenceValue,
  place: string,
): boolean {
  if (began === ended) return place === began;
  const [from, at, to] = [numberIn(began), numberIn(place), numberIn(ended)];
  if (way === 'up' && from <= to) return from <= at && at <= to;
  if (way === 'down' && from >= to) return from >= at && at >= to;
  // It has gone round, or was set to anything.
  return true;
}

function numberIn(place: string): bigint {
  return BigInt(place.replace(/ next$/, ''));
}

function byName(sequences: readonly PlacedSequence[]): ReadonlyMap<string, string> {
  return new Map(sequences.map((each) => [nameOf(each), each.place]));
}

function nameOf({ schema, name }: Pick<Sequence, 'schema' | 'name'>): string {
  return JSON.stringify([schema, name]);
}
