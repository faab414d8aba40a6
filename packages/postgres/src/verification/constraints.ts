import type { Mismatch, TableNeeds } from './needs.js';

/** What the server compares the rows of a table with, as it is. */
export interface LiveConstraints {
  readonly keys: readonly {
    readonly name: string;
    /** As in `TableNeeds.keys`. */
    readonly text: string;
    /** Whether it is whole, and checked at once: else ON CONFLICT cannot go by it. */
    readonly usable: boolean;
  }[];
  readonly constraints: readonly { readonly name: string; readonly text: string }[];
}

const columns = (numbers: string) => `coalesce((
  SELECT string_agg(coalesce(a.attname::text, '?'), ', ' ORDER BY a.attname)
    FROM unnest(${numbers}) AS number
         LEFT JOIN pg_attribute a ON a.attrelid = at AND a.attnum = number AND number > 0), '')`;

/** Columns of a question about the table with the oid `at`; they print no expression, which would open it. */
export const LIVE_CONSTRAINTS = `
  coalesce((SELECT json_agg(json_build_object('name', x.relname,
      'text', ${columns('(i.indkey::int2[])[0:i.indnkeyatts - 1]')}
        || CASE WHEN i.indpred IS NULL THEN '' ELSE ' WHERE' END,
      'usable', i.indisvalid AND i.indisready AND i.indimmediate))
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
   WHERE i.indrelid = at AND i.indisunique AND i.indisready), '[]') AS keys,
  coalesce((SELECT json_agg(json_build_object('name', k.conname,
      'text', CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'x' THEN 'EXCLUDE'
                ELSE 'REFERENCES ' || (SELECT relname FROM pg_class WHERE oid = k.confrelid) END
        || ' (' || ${columns('k.conkey')} || ')'))
    FROM pg_constraint k
   WHERE k.conrelid = at AND k.contype IN ('c', 'f', 'x')
     AND to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false'), '[]') AS constraints`;

/** Keys that the statements go by and that are gone; and what refuses rows that this build may write. */
export function mismatchedConstraints(
  table: string,
  { keys = [], constraints = [] }: TableNeeds,
  live: LiveConstraints,
): readonly Mismatch[] {
  const missing = keys
    .filter((key) => !live.keys.some(({ text, usable }) => usable && text === key))
    .map((key) => ({ table, text: `there is no unique index on ${table} (${key})` }));
  const foreign = [
    ...live.keys.filter(({ text }) => !keys.includes(text)),
    ...live.constraints.filter(({ text }) => !constraints.includes(text)),
  ].map(({ name }) => ({
    table,
    text: `${table} has ${name}, which this build does not know`,
    foreign: true as const,
  }));
  return [...missing, ...foreign];
}
