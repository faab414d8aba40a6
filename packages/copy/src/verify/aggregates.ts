import type pg from 'pg';
import { realText } from '../rows/number-converters.js';
import { pgType } from '../rows/pg-type.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetColumn, TargetTable } from '../postgres/target-table.js';

/** What is asked of both sides for one column: each in its own SQL, without the code that copies. */
interface Question {
  readonly column: TargetColumn;
  readonly what: 'values' | 'least' | 'greatest' | 'lengths' | 'digits';
  readonly ofSource: string;
  readonly ofTarget: string;
  readonly asText: (value: unknown) => string;
}

/** Of one SELECT. */
const MAX_QUESTIONS = 300;

/**
 * Compares how many values each column holds, and the least and the greatest of them where both sides
 * put them in the same order.
 * @param table of which no row was rejected
 * @returns the first difference, for people; undefined for none
 */
export async function aggregateDifference(
  client: pg.Client,
  schema: string,
  { connection, encoding }: SourceDatabase,
  table: TargetTable,
): Promise<string | undefined> {
  const { rows } = await client.query<{ utf8: boolean }>(
    `SELECT current_setting('server_encoding') = 'UTF8' AS utf8`,
  );
  const isOrdered = encoding === 'UTF-8' && rows[0]?.utf8 === true;
  const all = table.columns.flatMap((column) => questionsOf(column, table, isOrdered));
  for (let from = 0; from < all.length; from += MAX_QUESTIONS) {
    const questions = all.slice(from, from + MAX_QUESTIONS);
    // Both sides are at it at the same time.
    const asked = client.query<unknown[]>({
      text: `SELECT ${questions.map(({ ofTarget }) => `(${ofTarget})::text`).join(', ')} FROM ${quoted(schema)}.${quoted(table.name)}`,
      rowMode: 'array',
    });
    const [given, stored] = await Promise.all([
      Promise.resolve().then(
        () =>
          connection
            .prepare(
              `SELECT ${questions.map(({ ofSource }) => ofSource).join(', ')} FROM ${table.source.place}`,
            )
            .raw()
            .get() as unknown[],
      ),
      asked,
    ]);
    for (const [index, { column, what, asText }] of questions.entries()) {
      const [one, other] = [given[index], stored.rows[0]?.[index]].map((value) =>
        value === null ? 'none' : asText(value),
      );
      if (one !== other) return `column ${column.name}: the ${what} differ`;
    }
  }
  return undefined;
}

function questionsOf(
  column: TargetColumn,
  { content }: TargetTable,
  isOrdered: boolean,
): readonly Question[] {
  const { source, name, type } = column;
  const { integers = 0, reals = 0, blobs = 0, texts = 0 } = content.columns.get(source.name) ?? {};
  const [of, to] = [quoted(source.name), quoted(name)];
  const values: Question = {
    column,
    what: 'values',
    ofSource: `count(${of})`,
    ofTarget: `count(${to})`,
    asText: String,
  };
  const extremes = (ofSource: string, ofTarget: string, asText: Question['asText']): Question[] => [
    { column, what: 'least', ofSource: `min(${ofSource})`, ofTarget: `min(${ofTarget})`, asText },
    {
      column,
      what: 'greatest',
      ofSource: `max(${ofSource})`,
      ofTarget: `max(${ofTarget})`,
      asText,
    },
  ];
  const lengths: Question = {
    column,
    what: 'lengths',
    ofSource: `sum(octet_length(${of}))`,
    ofTarget: `sum(octet_length(${to}))`,
    asText: String,
  };
  // SQLite's own text of a number has to be read back as that number: rows may travel as such texts.
  const digits: Question = {
    column,
    what: 'digits',
    ofSource: `count(*) FILTER (WHERE typeof(${of}) = 'real' AND abs(${of}) < 9e999 AND CAST(CAST(${of} AS TEXT) AS REAL) <> ${of})`,
    ofTarget: '0',
    asText: String,
  };
  const areNumbers = texts === 0 && blobs === 0;
  switch (pgType(type).name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return [values, ...(areNumbers && reals === 0 ? extremes(of, to, String) : [])];
    case 'numeric':
    case 'real':
    case 'double precision':
      return [
        values,
        ...(type === 'double precision' ? [digits] : []),
        // A `real` is printed with the digits that tell it from others of its kind, not with its value.
        ...(areNumbers
          ? extremes(of, type === 'real' ? `${to}::double precision` : to, number)
          : []),
      ];
    case 'text':
    case 'character varying': {
      const areTexts = integers === 0 && reals === 0 && blobs === 0;
      return isOrdered && areTexts
        ? [values, lengths, ...extremes(`${of} COLLATE BINARY`, `${to} COLLATE "C"`, String)]
        : [values];
    }
    case 'bytea':
      // SQLite measures a number by its own way of writing it.
      return integers > 0 || reals > 0 || texts > 0
        ? [values]
        : [values, lengths, ...extremes(`length(${of})`, `octet_length(${to})`, String)];
    default:
      return [values];
  }
}

/** Zeros are equal, so that either may be the least. */
function number(value: unknown): string {
  return realText(Number(value) + 0);
}
