import { createHash } from 'node:crypto';
import type pg from 'pg';
import { asReparsed } from './reparsed.js';

/** What stands in a catalogue as it was given, word by word. */
const isAsGiven = (name: string, text: string): boolean =>
  /^(?:comment|security label) on /.test(name) || /\nAS \$(?:function|procedure)/.test(text);

/**
 * @param kinds SQL: of each thing a name, a place among what has the same name, and a text; the texts of one name
 * are put together
 * @returns by name the digest of the text
 */
export async function readDigests(
  client: pg.Client,
  kinds: readonly string[],
): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; text: string }>(
    `SELECT name, string_agg(text, ', ' ORDER BY place, text) AS text
       FROM (${kinds.join('\n UNION ALL\n')}) AS all_of_them (name, place, text) GROUP BY name ORDER BY name`,
  );
  return Object.fromEntries(
    rows.map(({ name, text }) => {
      const compared = isAsGiven(name, text) ? text : asReparsed(text);
      return [name, createHash('sha256').update(compared).digest('hex')];
    }),
  );
}
