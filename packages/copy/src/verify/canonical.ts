import { realAsText, realText } from '../rows/number-converters.js';
import { pgType } from '../rows/pg-type.js';
import { canonicalInterval, canonicalMoment, timeOfDay } from './canonical-time.js';
import type { TargetColumn } from '../postgres/target-table.js';
import { apparentBytesClass, apparentTextClass } from '../rows/mixed-values.js';
import { storageClassOf, type Value } from '../rows/value.js';

/**
 * What a value is, whichever side it comes from: the same text for the same value, and for no other.
 * It is made without the code that converts values, so that a fault in that is found.
 */
export interface Canonical {
  readonly ofSource: (value: Exclude<Value, null>) => string;
  /** @param text as `COPY … TO STDOUT` writes it, unescaped */
  readonly ofTarget: (text: string) => string;
}

const asIs = (text: string) => text;

const plain = (value: Exclude<Value, null>): string =>
  Buffer.isBuffer(value)
    ? value.toString('utf8')
    : typeof value === 'number'
      ? realAsText(value)
      : String(value);

/** @returns how the values of a column are compared: also by their storage class, where there are several */
export function canonicalFor(column: TargetColumn): Canonical {
  const { mixture } = column;
  const of = canonicalOfType(column);
  if (!mixture) return of;
  const isBinary = pgType(column.type).name === 'bytea';
  return {
    ofSource: (value) => `${storageClassOf(value)} ${of.ofSource(value)}`,
    ofTarget: (text) => {
      const apparent = isBinary
        ? apparentBytesClass(Buffer.from(text.slice(2), 'hex'), mixture)
        : apparentTextClass(text);
      return `${apparent} ${of.ofTarget(text)}`;
    },
  };
}

function canonicalOfType({ type, units = [] }: TargetColumn): Canonical {
  const { name, modifiers } = pgType(type);
  if (name === 'numeric') return { ofSource: decimal, ofTarget: decimal };
  if (name.startsWith('timestamp') || name === 'date') return canonicalMoment(type, units);
  if (name === 'interval') return canonicalInterval(type, units);
  if (units.includes('literal')) return { ofSource: sqlLiteral, ofTarget: asIs };
  switch (name) {
    case 'real':
      return { ofSource: single, ofTarget: single };
    case 'double precision':
      return { ofSource: double, ofTarget: double };
    case 'smallint':
    case 'integer':
    case 'bigint':
      return { ofSource: (value) => BigInt(value as bigint | number).toString(), ofTarget: asIs };
    case 'bytea':
      return {
        ofSource: (value) =>
          (Buffer.isBuffer(value) ? value : Buffer.from(plain(value))).toString('hex'),
        ofTarget: (text) => text.slice(2),
      };
    case 'character':
      return { ofSource: plain, ofTarget: (text) => text.replace(/ +$/, '') };
    case 'time without time zone':
      return { ofSource: (value) => timeOfDay(plain(value), modifiers[0]), ofTarget: timeOfDay };
    case 'boolean':
      return { ofSource: (value) => (/^[1t]/i.test(plain(value)) ? 't' : 'f'), ofTarget: asIs };
    case 'uuid':
      return { ofSource: uuidDigits, ofTarget: uuidDigits };
    case 'text[]':
      return units.includes('json')
        ? { ofSource: (value) => JSON.stringify(JSON.parse(plain(value))), ofTarget: arrayItems }
        : { ofSource: plain, ofTarget: asIs };
    case 'jsonb':
      return { ofSource: (value) => json(plain(value)), ofTarget: json };
    default:
      return { ofSource: plain, ofTarget: asIs };
  }
}

function sqlLiteral(value: Exclude<Value, null>): string {
  if (Buffer.isBuffer(value)) return `X'${value.toString('hex').toUpperCase()}'`;
  return typeof value === 'string' ? `'${value.split("'").join("''")}'` : plain(value);
}

function double(value: Exclude<Value, null>): string {
  return realText(Number(value));
}

function single(value: Exclude<Value, null>): string {
  return realText(Math.fround(Number(value)));
}

/** Digits and a power of ten. */
function decimal(value: Exclude<Value, null>): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(plain(value)) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return '0';
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}

function uuidDigits(value: Exclude<Value, null>): string {
  const text = Buffer.isBuffer(value) ? value.toString('hex') : plain(value);
  return text.replace(/[^0-9a-f]/gi, '').toLowerCase();
}

const ITEMS = /"((?:[^"\\]|\\.)*)"|([^{},"]+)/g;

/** Of an array of one dimension, as JSON. */
export function arrayItems(text: string): string {
  return JSON.stringify(
    [...text.matchAll(ITEMS)].map(([, quoted, bare]) =>
      quoted === undefined ? (bare === 'NULL' ? null : bare) : quoted.replace(/\\(.)/gs, '$1'),
    ),
  );
}

const NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Names in order, as `jsonb` does not keep it, and numbers with all of their digits. */
function json(text: string): string {
  const exact = text.replace(NUMBERS, (token) =>
    token.startsWith('"') ? token : `"\\u0001${decimal(token)}"`,
  );
  return JSON.stringify(JSON.parse(exact), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
