import { realAsText } from './number-converters.js';
import { jsonbFault } from './jsonb-fault.js';
import { type Converted, type Converter, Reject } from './value.js';

export const NOT_UTF8 = new Reject('is text that is not UTF-8');
export const HAS_NUL = new Reject('has a NUL in it');

/**
 * @param most characters; undefined for any number
 * @param padded a type that fills up with blanks
 */
export function textConverter(most?: number, padded = false): Converter {
  return (value) => {
    const text = textOf(value);
    if (text instanceof Reject) return text;
    if (text.includes('\0')) return HAS_NUL;
    if (most !== undefined && text.length > most && Array.from(text).length > most)
      return new Reject(`is longer than ${most} characters`);
    return padded && text.endsWith(' ') ? new Reject('ends with blanks, which get lost') : text;
  };
}

function textOf(value: bigint | number | string | Buffer): string | Reject {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
      return value.toString();
    case 'number':
      return realAsText(value);
    default:
      return new Reject('is a blob');
  }
}

/** As SQLite's SQL would have it, so that no two values are the same: `1`, `'1'`, `X'31'`. */
export function literalConverter(value: bigint | number | string | Buffer): Converted {
  if (Buffer.isBuffer(value)) return `X'${value.toString('hex').toUpperCase()}'`;
  const text = textConverter()(value);
  return typeof value === 'string' && typeof text === 'string'
    ? `'${text.replaceAll("'", "''")}'`
    : text;
}

export function bytesConverter(value: bigint | number | string | Buffer): Converted {
  return Buffer.isBuffer(value) ? value : asBytes(textOf(value));
}

function asBytes(text: string | Reject): Converted {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function uuidConverter(value: bigint | number | string | Buffer): Converted {
  return typeof value === 'string' && UUID.test(value)
    ? value
    : new Reject(
        'is no UUID as PostgreSQL writes it: lower case, with hyphens; --map TABLE.COLUMN=uuid:any takes others',
      );
}

const ANY_UUID =
  /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;

/** Also without hyphens, in capitals, in braces, and as 16 bytes in the order of the digits. */
export function anyUuidConverter(value: bigint | number | string | Buffer): Converted {
  const text = Buffer.isBuffer(value) ? value.toString('hex') : String(value).toLowerCase();
  const [, ...parts] = ANY_UUID.exec(text) ?? [];
  return parts.length > 0 ? parts.join('-') : new Reject('is no UUID');
}

/** @param binary `jsonb`, which cannot hold every text that JSON can */
export function jsonConverter(binary: boolean): Converter {
  return (value) => {
    if (typeof value !== 'string') return new Reject('is no text');
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      return new Reject('is no JSON');
    }
    const fault = binary ? jsonbFault(value, parsed) : undefined;
    return fault === undefined ? value : new Reject(fault);
  };
}

/** SQLite has no booleans; 0 and 1 stand for them. */
export function booleanConverter(value: bigint | number | string | Buffer): Converted {
  if (value === 0n) return 'f';
  return value === 1n
    ? 't'
    : new Reject(
        typeof value === 'string' && LETTERS.test(value)
          ? 'is neither 0 nor 1: --map TABLE.COLUMN=boolean:tf takes t and f, true and false'
          : 'is neither 0 nor 1',
      );
}

const LETTERS = /^(?:t|f|true|false)$/i;

/** As Rails writes them, or in words; 0 and 1, too. */
export function letterConverter(value: bigint | number | string | Buffer): Converted {
  if (typeof value === 'bigint') return booleanConverter(value);
  return typeof value === 'string' && LETTERS.test(value)
    ? value.charAt(0).toLowerCase()
    : new Reject('is neither t nor f, true nor false, 0 nor 1');
}
