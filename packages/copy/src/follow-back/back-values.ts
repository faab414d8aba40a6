import { isUtf8 } from 'node:buffer';
import type { TargetColumn } from '../postgres/target-table.js';
import { apparentBytesClass, apparentTextClass, type Mixture } from '../rows/mixed-values.js';
import { pgType } from '../rows/pg-type.js';
import { Reject, type Value } from '../rows/value.js';
import type { ColumnContent } from '../sqlite/contents.js';
import { backInterval, backMoment, backTimeOfDay } from './back-times.js';
import { backBoolean, backLiteral, backNumeric, backTextArray, backUuid } from './back-words.js';

/** What a value of PostgreSQL is in SQLite. @param text as `COPY … TO STDOUT` writes it, unescaped */
export type BackConverter = (text: string) => Value | Reject;

/** What a column of the file had in it when it was copied: new values are written as those. */
export interface Held {
  readonly content: ColumnContent | undefined;
  /** One of its values; null where there was none. */
  readonly sample: Value;
}

const asIs: BackConverter = (text) => text;

/** The way back of `converterFor`: what it gives is what was copied, or is copied to the same. */
export function backConverterFor(
  { type, units = [], mixture }: Pick<TargetColumn, 'type' | 'units' | 'mixture'>,
  held: Held,
): BackConverter {
  const { name } = pgType(type);
  switch (name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return BigInt;
    case 'real':
      return (text) => realOf(text, Math.fround);
    case 'double precision':
      return (text) => realOf(text, (value) => value);
    case 'numeric':
      return backNumeric(units.includes('text') && typeof held.sample === 'string', held.content);
    case 'boolean':
      return backBoolean(units.includes('tf') ? held.sample : null);
    case 'uuid':
      return backUuid(units.includes('any') ? held.sample : null);
    case 'bytea':
      return backBytes(mixture, held.content);
    case 'character':
      return backText(mixture, held.content, (text) => text.replace(/ +$/, ''));
    case 'text':
    case 'character varying':
      return units.includes('literal') ? backLiteral : backText(mixture, held.content);
    case 'text[]':
      return units.includes('json') ? backTextArray : asIs;
    case 'time without time zone':
      return backTimeOfDay(held.sample);
    case 'interval':
      return backInterval(units, held);
    case 'timestamp without time zone':
      return backMoment(false, units, held);
    case 'timestamp with time zone':
      return backMoment(true, units, held);
    default:
      return asIs;
  }
}

function realOf(text: string, rounded: (value: number) => number): Value | Reject {
  const value = rounded(Number(text));
  return Number.isNaN(value) ? new Reject('is no number: SQLite has no NaN') : value;
}

/** Among numbers that were written as texts, what reads as one is one. */
function backText(
  mixture: Mixture | undefined,
  content: ColumnContent | undefined,
  trimmed: (text: string) => string = asIs as (text: string) => string,
): BackConverter {
  const hasNumbers = (content?.integers ?? 0) + (content?.reals ?? 0) > 0;
  const areNumbers = mixture?.numbers ?? (hasNumbers && content?.texts === 0);
  if (!areNumbers) return trimmed;
  return (given) => {
    const text = trimmed(given);
    switch (apparentTextClass(text)) {
      case 'integer':
        return BigInt(text);
      case 'real':
        return Number(text);
      default:
        return text;
    }
  };
}

function backBytes(
  mixture: Mixture | undefined,
  content: ColumnContent | undefined,
): BackConverter {
  const wereTexts = (content?.texts ?? 0) > 0 && content?.blobs === 0;
  return (text) => {
    const bytes = Buffer.from(text.slice(2), 'hex');
    if (!mixture) return wereTexts && isUtf8(bytes) ? bytes.toString() : bytes;
    switch (apparentBytesClass(bytes, mixture)) {
      case 'integer':
        return BigInt(bytes.toString());
      case 'real':
        return Number(bytes.toString());
      case 'text':
        return bytes.toString();
      default:
        return bytes;
    }
  };
}
