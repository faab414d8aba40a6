import { BRACKETED, PRETTY, withCastElements } from './cast-elements.js';
import { withNamedCasts } from './named-casts.js';

/** What is quoted is looked at, too, to be left as it is. */
const REWRITTEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\((?:- \()*- (\d+(?:\.\d+)?)\)+|\((?=VALUES )/g;
const JOINT = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]| (?:AND|OR) /g;

/**
 * An expression as the server writes it once it has read again what it had written: of `status IN ('a', 'b')` about a
 * varchar it writes `(ARRAY['a'::character varying, …])::text[]`, and of that `ARRAY[('a'::character varying)::text, …]`;
 * of `-1::int` it writes `(- 1)`, and of that `'-1'::integer`; and of a view of VALUES whose columns have names a space more.
 */
export function asReparsed(text: string): string {
  return withChains(withRewritten(withNamedCasts(withCastElements(text, BRACKETED))));
}

/** The same of a text in which there are no brackets but those that are needed. */
export function asReparsedPretty(text: string): string {
  return asReparsed(withBareNumbers(withCastElements(text, PRETTY)));
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
    return withoutMinuses(token, number, token.split('- ').length - 1) ?? token;
  });
}

/** Numbers with minuses that begin an argument, an element or a branch; what is cast is no number yet. */
const BARE =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<=[\w"]\(|\[|, |\b(?:WHEN|THEN|ELSE) )- (?:\(- )*(\d+(?:\.\d+)?)(?![\w.]|\)*::)\)*/g;

function withBareNumbers(text: string): string {
  return text.replaceAll(BARE, (token, number: string | undefined) => {
    if (number === undefined) return token;
    const minuses = token.split('- ').length - 1;
    return withoutMinuses(token, number, minuses - 1, minuses) ?? token;
  });
}

/**
 * What the parser makes of a number with minuses before it, which is a number again.
 * @param brackets that are of the minuses, and go with them
 */
function withoutMinuses(
  token: string,
  number: string,
  brackets: number,
  minuses = brackets,
): string | undefined {
  const others = token.length - token.indexOf(number) - number.length - brackets;
  if (others < 0) return undefined;
  const rest = ')'.repeat(others);
  if (minuses % 2 === 0 || Number(number) === 0) return `${number}${rest}`;
  return `'-${number}'::${number.includes('.') ? 'numeric' : 'integer'}${rest}`;
}
