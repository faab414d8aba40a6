/** Digits that `numeric`, in which `jsonb` keeps numbers, has at most on one side of the point. */
const MAX_DIGITS = 16_000;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]/g;

/**
 * Why `jsonb` would not keep a JSON text as it is, or would refuse it.
 * @param text valid JSON
 * @param parsed the same
 * @returns what completes "it …"; undefined for nothing
 */
export function jsonbFault(text: string, parsed: unknown): string | undefined {
  return textFault(parsed) ?? tokenFault(text);
}

function textFault(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed()
      ? 'has an escape that jsonb does not hold'
      : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const fault = textFault(key) ?? textFault(inner);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What parsing forgets: names that are there twice, and digits. */
function tokenFault(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const names = open.at(-1);
    const [first = ''] = token;
    if (first === '"' && isName && names) {
      const name = JSON.parse(token) as string;
      if (names.has(name)) return 'has a name twice, of which jsonb keeps one';
      names.add(name);
    } else if (/[-\d]/.test(first) && isLost(token)) {
      return 'has a number that jsonb does not hold as it is';
    }
    if (token === '{') open.push(new Set());
    if (token === '[') open.push(undefined);
    if (token === '}' || token === ']') open.pop();
    isName = token === '{' || (token === ',' && open.at(-1) !== undefined);
  }
  return undefined;
}

function isLost(number: string): boolean {
  const [digits = '', exponent = '0'] = number.toLowerCase().split('e');
  return digits.length + Math.abs(Number(exponent)) > MAX_DIGITS || /^-0[.0]*$/.test(digits);
}
