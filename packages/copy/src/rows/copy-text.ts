/** What stands for NULL in COPY's text format. */
export const NULL = '\\N';

const SPECIAL = /[\\\n\r\t\b\f\v]/;
const ALL_SPECIAL = /[\\\n\r\t\b\f\v]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

/** One field of COPY's text format: https://www.postgresql.org/docs/current/sql-copy.html */
export function copyField(value: string | Buffer): string {
  if (typeof value !== 'string') return `\\\\x${value.toString('hex')}`;
  return SPECIAL.test(value)
    ? value.replace(ALL_SPECIAL, (character) => ESCAPES[character] ?? character)
    : value;
}

/** The fields of one line of `COPY … TO STDOUT`; null for NULL. */
export function fieldsOf(line: string): readonly (string | null)[] {
  return line.split('\t').map((field) => {
    if (field === NULL) return null;
    return field.includes('\\')
      ? field.replace(/\\(.)/g, (_, escaped: string) => UNESCAPES[escaped] ?? escaped)
      : field;
  });
}

const UNESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
};
