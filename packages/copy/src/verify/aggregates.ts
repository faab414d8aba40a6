import type pg from 'pg';
import { realText } from '../rows/number-converters.js';
import { pgType } from '../rows/pg-type.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { unreadable } from '../sqlite/unreadable.js';
import type { TargetColumn, TargetTable } from '../postgres/target-table.js';

/** What is asked of both sides for one column: each in its own SQL, without the code that copies. */
interface Question {
  readonly column: TargetColumn;
  readonly what: 'values' | 'least' | 'greatest' | 'lengths' | 'digits';
  readonly ofSource: string;
  readonly ofTarget: string;
  readonly asText: (value: unknown) => string;
  /** Asks for an order that a server has only whose texts are UTF-8. */
  readonly isByBytes?: true;
}

/** Of one SELECT. */
const MAX_QUESTIONS = 300;

/**
 * Characters of a text that the order is told by, where some are long: both sides would give all of the least and the
 * greatest one. What begins the least text is the least of all beginnings.
 */
const ORDERED_BY = 1000;

/** What one side says, by question. */
export type Answers = readonly unknown[];

/**
 * How many values each column of the source holds, and the least and the greatest of them.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function answersOfSource(
  { connection, encoding }: SourceDatabase,
  table: TargetTable,
): Answers {
  const answers: unknown[] = [];
  for (const questions of portions(questionsOf(table, encoding))) {
    try {
      answers.push(
        ...(connection
          .prepare(
            `SELECT ${questions.map(({ ofSource }) => ofSource).join(', ')} FROM ${table.source.place}`,
          )
          .raw()
          .get() as unknown[]),
      );
    } catch (error) {
      throw unreadable(table.name, error);
    }
  }
  return answers;
}

/**
 * Compares how many values each column holds, and the least and the greatest of them where both sides
 * put them in the same order.
 * @param table of which no row was rejected
 * @param given what the source says, where it has been asked already
 * @returns the first difference, for people; undefined for none
 */
export async function aggregateDifference(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
  given?: Answers,
): Promise<string | undefined> {
  const questions = questionsOf(table, source.encoding);
  // Both sides are at it at the same time.
  const [ofSource, ofTarget] = await Promise.all([
    Promise.resolve().then(() => given ?? answersOfSource(source, table)),
    answersOfTarget(client, schema, table, questions),
  ]);
  for (const [index, { column, what, asText, isByBytes }] of questions.entries()) {
    if (isByBytes && !ofTarget.isUtf8) continue;
    const [one, other] = [ofSource[index], ofTarget.answers[index]].map((value) =>
      value === null ? 'none' : asText(value),
    );
    if (one !== other) return `column ${column.name}: the ${what} differ`;
  }
  return undefined;
}

async function answersOfTarget(
  client: pg.Client,
  schema: string,
  { name }: TargetTable,
  all: readonly Question[],
): Promise<{ readonly answers: Answers; readonly isUtf8: boolean }> {
  const answers: unknown[] = [];
  let isUtf8 = false;
  for (const questions of portions(all)) {
    const { rows } = await client.query<unknown[]>({
      text: `SELECT current_setting('server_encoding') = 'UTF8', ${questions.map(({ ofTarget }) => `(${ofTarget})::text`).join(', ')}
               FROM ${quoted(schema)}.${quoted(name)}`,
      rowMode: 'array',
    });
    const [encoding, ...values] = rows[0] ?? [];
    isUtf8 = encoding === true;
    answers.push(...values);
  }
  return { answers, isUtf8 };
}

function portions(questions: readonly Question[]): readonly (readonly Question[])[] {
  const count = Math.ceil(questions.length / MAX_QUESTIONS);
  return Array.from({ length: count }, (_, index) =>
    questions.slice(index * MAX_QUESTIONS, (index + 1) * MAX_QUESTIONS),
  );
}

function questionsOf(table: TargetTable, encoding: string): readonly Question[] {
  return table.columns.flatMap((column) => questionsOn(column, table, encoding === 'UTF-8'));
}

function questionsOn(
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
      const [ofBeginning, toBeginning] = content.hasLongRows
        ? [`substr(${of}, 1, ${ORDERED_BY})`, `left(${to}, ${ORDERED_BY})`]
        : [of, to];
      return isOrdered && areTexts
        ? [
            values,
            ...[
              lengths,
              ...extremes(`${ofBeginning} COLLATE BINARY`, `${toBeginning} COLLATE "C"`, String),
            ].map((question) => ({ ...question, isByBytes: true as const })),
          ]
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
