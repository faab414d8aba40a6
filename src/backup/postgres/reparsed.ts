/** What is quoted is looked at, too, to be left as it is. */
const REWRITTEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\(- (\d+(?:\.\d+)?)\)|\((?=VALUES )/g;
const JOINT = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]| (?:AND|OR) /g;
const CAST_ARRAY = /\(ARRAY\[/g;
const CAST = /^\]\)::((?:[a-z_][\w ]*|"(?:[^"]|"")+")(?:\.(?:\w+|"(?:[^"]|"")+"))?)\[\]/i;
/** A quoted text or name, or one character: a quote within is written twice. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^]/gy;

/**
 * An expression as the server writes it once it has read again what it had written: of `status IN ('a', 'b')` about a
 * varchar it writes `(ARRAY['a'::character varying, …])::text[]`, and of that `ARRAY[('a'::character varying)::text, …]`;
 * of `-1::int` it writes `(- 1)`, and of that `'-1'::integer`; and of a view of VALUES whose columns have names a space more.
 */
export function asReparsed(text: string): string {
  return withChains(withRewritten(withCastElements(text)));
}

/** Of `a BETWEEN 1 AND 2 AND b` it writes `((a >= 1 AND a <= 2) AND b)`, and of that one chain; later links stay as they are. */
function withChains(text: string): string {
  const open: { readonly at: number; readonly joints: Set<string> }[] = [];
  const left = new Set<number>();
  for (const { 0: token, index } of text.matchAll(JOINT)) {
    if (token === '(') open.push({ at: index, joints: new Set() });
    else if (token.endsWith(' ')) open.at(-1)?.joints.add(token);
    else if (token === ')') {
      const { at, joints } = open.pop() ?? { at: 0, joints: new Set() };
      const [joint = '', ...others] = joints;
      const isFirst = text[at - 1] === '(' && others.length === 0 && joint !== '';
      if (isFirst && text.startsWith(joint, index + 1)) left.add(at).add(index);
    }
  }
  const places = [...left].toSorted((one, other) => one - other);
  return places.reduceRight((rest, at) => rest.slice(0, at) + rest.slice(at + 1), text);
}

function withRewritten(text: string): string {
  return text.replaceAll(REWRITTEN, (token, number: string | undefined) => {
    if (number === undefined) return token === '(' ? '( ' : token;
    return `'-${number}'::${number.includes('.') ? 'numeric' : 'integer'}`;
  });
}

function withCastElements(text: string): string {
  let written = '';
  let done = 0;
  for (const { index } of text.matchAll(CAST_ARRAY)) {
    if (index < done) continue;
    const start = index + '(ARRAY['.length;
    const elements = elementsFrom(text, start);
    const end = start + elements.join(',').length;
    const [cast, type] = CAST.exec(text.slice(end)) ?? [];
    // What is an array itself is cast within, and not as a whole.
    if (cast === undefined || elements.some((each) => each.trim().startsWith('ARRAY['))) continue;
    const castEach = elements.map((each) => `(${each.trim()})::${type}`);
    written += `${text.slice(done, index)}ARRAY[${castEach.join(', ')}]`;
    done = end + cast.length;
  }
  return written + text.slice(done);
}

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
