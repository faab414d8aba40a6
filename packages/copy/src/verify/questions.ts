import { realText } from '../rows/number-converters.js';
import { pgType } from '../rows/pg-type.js';
import { quoted } from '../sqlite/identifiers.js';
import type { TargetColumn, TargetTable } from '../postgres/target-table.js';

/** What is asked of both sides for one column: each in its own SQL, without the code that copies. */
export interface Question {
  readonly column: TargetColumn;
  readonly what: 'values' | 'least' | 'greatest' | 'lengths';
  readonly ofSource: string;
  readonly ofTarget: string;
  readonly asText: (value: unknown) => string;
  /** Asks for an order that a server has only whose texts are UTF-8. */
  readonly isByBytes?: true;
  /** The source finds it by itself, without reading all rows. */
  readonly isAlone?: true;
}

/**
 * Characters of a text that the order is told by, where some are long: both sides would give all of the least and the
 * greatest one. What begins the least text is the least of all beginnings.
 */
const ORDERED_BY = 32;

/** @param encoding of the source's texts */
export function questionsOf(table: TargetTable, encoding: string): readonly Question[] {
  return table.columns.flatMap((column) => questionsOn(column, table, encoding === 'UTF-8'));
}

function questionsOn(
  column: TargetColumn,
  { source: table, content }: TargetTable,
  isOrdered: boolean,
): readonly Question[] {
  const { source, name, type, missing } = column;
  const { integers = 0, reals = 0, blobs = 0, texts = 0 } = content.columns.get(source.name) ?? {};
  const [of, to] = [quoted(source.name), quoted(name)];
  const values: Question = {
    column,
    what: 'values',
    // A column that takes no NULL is not counted, which takes time.
    ofSource: source.notNull ? 'count(*)' : `count(${of})`,
    ofTarget: missing ? 'count(*)' : `count(${to})`,
    asText: String,
  };
  const extreme = (
    what: 'least' | 'greatest',
    ofSource: string,
    ofTarget: string,
    asText: Question['asText'],
  ): Question => {
    const call = what === 'least' ? 'min' : 'max';
    const asked = `${call}(${ofSource})`;
    const question: Question = {
      column,
      what,
      ofSource: asked,
      ofTarget: `${call}(${ofTarget})`,
      asText,
    };
    return source.name === table.rowidColumn
      ? { ...question, ofSource: `(SELECT ${asked} FROM ${table.place})`, isAlone: true }
      : question;
  };
  const extremes = (...asked: [string, string, Question['asText']]): Question[] => [
    extreme('least', ...asked),
    extreme('greatest', ...asked),
  ];
  const lengths: Question = {
    column,
    what: 'lengths',
    ofSource: `sum(octet_length(${of}))`,
    ofTarget: `sum(octet_length(${to}))`,
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
