/** What begins and ends a list of columns, and its items; what is quoted is looked at to be left as it is. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()[\],;]|\b(?:SELECT|RETURNING|FROM|WHERE|GROUP BY|HAVING|WINDOW|UNION|INTERSECT|EXCEPT|ORDER BY|LIMIT|OFFSET|FETCH|FOR|END)\b|$/g;

const NAME = String.raw`(?:\w+|"(?:[^"]|"")+")`;
const LONG = String.raw`character varying|double precision|bit varying|time(?:stamp)?(?:\(\d\))? with(?:out)? time zone`;
/** A value that is cast, and has no name. */
const CAST = new RegExp(
  String.raw`(?:'|\)|\bNULL)::(?:(?<long>${LONG})|(?:${NAME}\.)?(?<type>${NAME}))(?:\([\d,]+\))?(?:\[\])*$`,
);
/** It may come of a number with a minus, and have no name until it is read again. */
const NUMBER = /^'-\d+(?:\.\d+)?'::(?:integer|numeric)( AS (?:int4|"numeric"))?$/;

/** Columns are called as the catalogue calls the type; those that are words of SQL are quoted. */
const NAMES: Readonly<Record<string, string>> = {
  'character varying': '"varchar"',
  character: 'bpchar',
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  boolean: 'bool',
  real: 'float4',
  'double precision': 'float8',
  numeric: '"numeric"',
  interval: '"interval"',
  bit: '"bit"',
  'bit varying': 'varbit',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': '"timestamp"',
  'time with time zone': 'timetz',
  'time without time zone': '"time"',
};

interface Brackets {
  /** Where the column begins that is being read; undefined outside of a list. */
  column: number | undefined;
}

/**
 * Of a column that has no name, such as `'x'` in `EXISTS (SELECT 'x' …)`, the server writes `'x'::text`, and calls it
 * `text` once it has read that.
 */
export function withNamedCasts(text: string): string {
  const open: Brackets[] = [{ column: undefined }];
  const changes: { readonly from: number; readonly to: number; readonly name: string }[] = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith("'") || token.startsWith('"')) continue;
    if (token === '(' || token === '[') {
      open.push({ column: undefined });
      continue;
    }
    const brackets = open.at(-1) ?? { column: undefined };
    if (brackets.column !== undefined) {
      const column = text.slice(brackets.column, index).trimEnd();
      const { name, without = '' } = nameOf(column.trimStart());
      const to = brackets.column + column.length;
      changes.push({ from: to - without.length, to, name });
    }
    if (token === ')' || token === ']') {
      if (open.length > 1) open.pop();
    } else if (token !== ',') {
      const begins = token === 'SELECT' || token === 'RETURNING';
      brackets.column = begins ? index + token.length : undefined;
    } else if (brackets.column !== undefined) brackets.column = index + 1;
  }
  return changes.reduceRight(
    (rest, { from, to, name }) => `${rest.slice(0, from)}${name}${rest.slice(to)}`,
    text,
  );
}

interface Naming {
  readonly name: string;
  /** What stands there now. */
  readonly without?: string | undefined;
}

function nameOf(column: string): Naming {
  const number = NUMBER.exec(column);
  if (number) return { name: '', without: number[1] };
  const { long, type } = CAST.exec(column)?.groups ?? {};
  const plain = long?.replace(/\(\d\)/, '') ?? type;
  return { name: plain === undefined ? '' : ` AS ${NAMES[plain] ?? plain}` };
}
