import { ReasonError } from '../reasons.js';

/** Bytes of a request body: the largest document, escaped, and what surrounds it. */
export const BODY_LIMIT_BYTES = 2 * 1024 * 1024;

const DEPTH_LIMIT = 512;

/** Of JSON that has been parsed already: a text, with the colon that makes it a name; a bracket; a number. */
const TOKEN = /("(?:[^"\\]+|\\.)*")(\s*:)?|[{}[\]]|-?\d[\d.eE+-]*/g;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON body that comes back from any backend as it was sent, or not at all.
 * @throws BODY_MALFORMED, JSON_NUMBER_NOT_REPRESENTABLE, JSON_LONE_SURROGATE, JSON_NUL_CHARACTER,
 * JSON_DUPLICATE_KEY, JSON_PROTOTYPE_KEY, JSON_TOO_DEEP
 */
export function readJsonBody(body: Buffer): unknown {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    throw new ReasonError('BODY_MALFORMED');
  }
  judgeValue(value);
  judgeTokens(text);
  return value;
}

/** Depth, keys and texts, without recursion: the depth is the client's to choose. */
function judgeValue(root: unknown): void {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') judgeText(value);
    if (typeof value !== 'object' || value === null) continue;
    if (depth > DEPTH_LIMIT) throw new ReasonError('JSON_TOO_DEEP');
    for (const [key, child] of Object.entries(value as Record<string, unknown>)) {
      judgeText(key);
      if (key === '__proto__' || (key === 'constructor' && holdsPrototype(child))) {
        throw new ReasonError('JSON_PROTOTYPE_KEY');
      }
      open.push({ value: child, depth: depth + 1 });
    }
  }
}

function judgeText(text: string): void {
  if (text.includes('\0')) throw new ReasonError('JSON_NUL_CHARACTER');
  if (!text.isWellFormed()) throw new ReasonError('JSON_LONE_SURROGATE');
}

function holdsPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

/** What `JSON.parse` has already forgotten: the digits of numbers, and repeated keys. */
function judgeTokens(text: string): void {
  const names: (Set<string> | undefined)[] = [];
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    if (token === '{') names.push(new Set());
    else if (token === '[') names.push(undefined);
    else if (token === '}' || token === ']') names.pop();
    else if (quoted === undefined) judgeNumber(token);
    else if (colon !== undefined) judgeName(JSON.parse(quoted) as string, names.at(-1));
  }
}

function judgeNumber(literal: string): void {
  if (!isRepresentable(literal)) throw new ReasonError('JSON_NUMBER_NOT_REPRESENTABLE');
}

function judgeName(name: string, names: Set<string> | undefined): void {
  if (names?.has(name)) throw new ReasonError('JSON_DUPLICATE_KEY');
  names?.add(name);
}

/** Whether a number's literal and the shortest text of its double are the same decimal number. */
export function isRepresentable(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  return decimal(literal) === decimal(String(value));
}

/** A normal form of a decimal literal: sign, digits without outer zeros, exponent. */
function decimal(literal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const significant = digits.slice(0, end);
  if (significant === '') return '0';
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${scale}`;
}
