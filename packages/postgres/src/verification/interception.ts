import type { Mismatch, TableNeeds } from './needs.js';

/** What comes between a table and its statements. */
export interface LiveInterception {
  /** Triggers that are given a row before it is written, and may drop or change it. */
  readonly before: readonly string[];
  /** The others: they may refuse, and do more. */
  readonly after: readonly string[];
  readonly rules: readonly string[];
  /** What is done with the rows, of which policies hide or refuse some. */
  readonly policed: readonly string[];
}

const ROW = 1;
const BEFORE_OR_INSTEAD = 2 | 64;
const isBefore = `t.tgtype & ${ROW} > 0 AND t.tgtype & ${BEFORE_OR_INSTEAD} > 0`;

const triggers = (condition: string) => `ARRAY(
  SELECT t.tgname::text FROM pg_trigger t
   WHERE t.tgrelid = at AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND ${condition} ORDER BY 1)`;

/** A constant that is true, as the server keeps it: its function to print an expression would open the table. */
const IS_TRUE = `~ '^[{]CONST :consttype 16 .*:constisnull false .*:constvalue 1 \\[ [0 ]*1 [0 ]*\\]'`;

const isFor = `p.polrelid = at
  AND p.polcmd IN ('*', CASE wanted WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a'
                                    WHEN 'UPDATE' THEN 'w' ELSE 'd' END)
  AND EXISTS (SELECT FROM unnest(p.polroles) AS role
               WHERE role = 0 OR pg_has_role(current_user, role, 'USAGE'))`;
const isOpen = `coalesce(p.polqual::text ${IS_TRUE}, true)
  AND coalesce(p.polwithcheck::text ${IS_TRUE}, true)`;

/**
 * Columns of a question about the table with the oid `at`, of whose rows `rights` are needed. Under
 * row-level security every row is there for who has a policy without a condition, and no restrictive one.
 */
export const LIVE_INTERCEPTION = `
  ${triggers(isBefore)} AS before, ${triggers(`NOT (${isBefore})`)} AS after,
  ARRAY(SELECT r.rulename::text FROM pg_rewrite r
         WHERE r.ev_class = at AND r.rulename <> '_RETURN' AND r.ev_enabled IN ('O', 'A')
         ORDER BY 1) AS rules,
  ARRAY(SELECT wanted FROM json_array_elements_text(rights) AS wanted
         WHERE coalesce(row_security_active(at), false) AND NOT (
               EXISTS (SELECT FROM pg_policy p WHERE ${isFor} AND p.polpermissive AND ${isOpen})
           AND NOT EXISTS (SELECT FROM pg_policy p
                            WHERE ${isFor} AND NOT p.polpermissive AND NOT (${isOpen})))) AS policed`;

/** What drops, changes or hides rows of a table that is written to, or of one that is read. */
export function interceptions(
  table: string,
  { rights }: TableNeeds,
  { before, rules, policed }: LiveInterception,
): readonly Mismatch[] {
  const isWritten = rights.some((right) => right !== 'SELECT');
  const strange = [
    ...before.map((name) => `the trigger ${name}`),
    ...rules.map((name) => `the rule ${name}`),
  ].map((what) => ({ table, text: `${what} on ${table}`, foreign: true as const }));
  return [
    ...(isWritten ? strange : []),
    ...(policed.length > 0
      ? [{ table, text: `policies of row-level security on ${table} for ${policed.join(', ')}` }]
      : []),
  ];
}
