import { createHash } from 'node:crypto';
import type pg from 'pg';
import { asReparsed, asReparsedPretty } from './reparsed.js';

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
    rows.map(({ name, text }) => [
      name,
      createHash('sha256').update(comparable(name, text)).digest('hex'),
    ]),
  );
}

/** What stands in a catalogue as it was given, word by word. */
const AS_GIVEN = /^(?:comment|security label) on /;

function comparable(name: string, text: string): string {
  if (AS_GIVEN.test(name)) return text;
  if (name.startsWith('statistics ')) return asReparsedPretty(text);
  if (name.startsWith('publication ')) return text.replaceAll(ROW_FILTER, filterAsReparsed);
  return functionAsReparsed(text);
}

/** Which rows are published, in the row of `pg_publication_tables`. */
const ROW_FILTER = /"rowfilter": ("(?:[^"\\]|\\.)*")/g;

function filterAsReparsed(written: string, filter: string): string {
  const expression = JSON.parse(filter) as string;
  const again = asReparsed(expression);
  return again === expression ? written : `"rowfilter": ${JSON.stringify(again)}`;
}

/** Where that begins which stands as it was given in the text of a function. */
const BODY = /\nAS \$(?:function|procedure)|$/;

function functionAsReparsed(text: string): string {
  const body = text.search(BODY);
  return asReparsed(text.slice(0, body)) + text.slice(body);
}
