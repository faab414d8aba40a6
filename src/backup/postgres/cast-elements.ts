const TYPE = String.raw`((?:[a-z_][\w ]*|"(?:[^"]|"")+")(?:\.(?:\w+|"(?:[^"]|"")+"))?)\[\]`;

/** How an array that is cast as a whole is written, and each element in its place. */
export interface CastForm {
  readonly opening: string;
  /** What ends it, and the type. */
  readonly closing: RegExp;
  readonly cast: (element: string, type: string) => string;
}

/** With all the brackets that there can be. */
export const BRACKETED: CastForm = {
  opening: '(ARRAY[',
  closing: new RegExp(String.raw`^\]\)::${TYPE}`, 'i'),
  cast: (element, type) => `(${element})::${type}`,
};

/** One value, with what it is cast to: something quoted, a name, or what is in brackets behind that. */
const VALUE =
  /^(?!\()(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w.]|\((?:[^()']|'(?:[^']|'')*'|\([^()]*\))*\)|\[[^[\]]*\])*(?:::[\w ."[\]]+(?:\([\d,]+\))?)*$/;

/** With those alone that are needed, as `pg_get_statisticsobjdef` writes. */
export const PRETTY: CastForm = {
  opening: 'ARRAY[',
  closing: new RegExp(String.raw`^\]::${TYPE}`, 'i'),
  cast: (element, type) => (VALUE.test(element) ? `${element}::${type}` : `(${element})::${type}`),
};

/** Of an array that is cast as a whole, one whose elements are cast. */
export function withCastElements(text: string, { opening, closing, cast }: CastForm): string {
  let written = '';
  let done = 0;
  for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + 1)) {
    if (at < done) continue;
    const start = at + opening.length;
    const elements = elementsFrom(text, start);
    const end = start + elements.join(',').length;
    const [whole, type] = closing.exec(text.slice(end)) ?? [];
    // What is an array itself is cast within, and not as a whole.
    const isOfArrays = elements.some((each) => each.trim().startsWith('ARRAY['));
    if (whole === undefined || type === undefined || isOfArrays || end === start) continue;
    const castEach = elements.map((each) => cast(each.trim(), type));
    written += `${text.slice(done, at)}ARRAY[${castEach.join(', ')}]`;
    done = end + whole.length;
  }
  return written + text.slice(done);
}

/** A quoted text or name, or one character: a quote within is written twice. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^]/gy;

/** What stands between commas, up to the bracket that ends them all. */
function elementsFrom(text: string, start: number): readonly string[] {
  const elements: string[] = [];
  let element = '';
  let depth = 0;
  TOKEN.lastIndex = start;
  for (let token = TOKEN.exec(text)?.[0]; token !== undefined; token = TOKEN.exec(text)?.[0]) {
    if (token === ']' && depth === 0) break;
    if (token === ',' && depth === 0) {
      elements.push(element);
      element = '';
      continue;
    }
    if (token === '(' || token === '[') depth += 1;
    if (token === ')' || token === ']') depth -= 1;
    element += token;
  }
  return [...elements, element];
}
