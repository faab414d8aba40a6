import { textArrayConverter } from './array-converter.js';
import { intervalConverter } from './interval-converter.js';
import { momentConverter } from './moment-converter.js';
import { floatConverter, integerConverter, numericConverter } from './number-converters.js';
import {
  anyUuidConverter,
  booleanConverter,
  bytesConverter,
  jsonConverter,
  letterConverter,
  literalConverter,
  textConverter,
  uuidConverter,
} from './text-converters.js';
import { pgType } from './pg-type.js';
import { dateConverter, timeConverter } from './time-converters.js';
import type { Units } from './units.js';
import type { Converter } from './value.js';

/**
 * How values become those of a PostgreSQL type.
 * @param type as `format_type` writes it, for example `character varying(20)`
 * @param units what the values stand for
 * @returns undefined for a type that only PostgreSQL can judge, as text
 */
export function converterFor(type: string, units: Units = []): Converter | undefined {
  const { name, modifiers } = pgType(type);
  const [size, scale] = modifiers;
  switch (name) {
    case 'smallint':
      return integerConverter(16);
    case 'integer':
      return integerConverter(32);
    case 'bigint':
      return integerConverter(64);
    case 'real':
      return floatConverter(true);
    case 'double precision':
      return floatConverter(false);
    case 'numeric':
      return numericConverter(size, scale, units.includes('text'));
    case 'text':
      return units.includes('literal') ? literalConverter : textConverter();
    case 'character varying':
      return textConverter(size);
    case 'character':
      return textConverter(size ?? 1, true);
    case 'bytea':
      return bytesConverter;
    case 'boolean':
      return units.includes('tf') ? letterConverter : booleanConverter;
    case 'uuid':
      return units.includes('any') ? anyUuidConverter : uuidConverter;
    case 'json':
    case 'jsonb':
      return jsonConverter(name === 'jsonb');
    case 'text[]':
      return units.includes('json') ? textArrayConverter : undefined;
    case 'date':
      return dateConverter;
    case 'time without time zone':
      return timeConverter(units, size);
    case 'interval':
      return intervalConverter(units, size);
    case 'timestamp without time zone':
      return momentConverter(false, units, size);
    case 'timestamp with time zone':
      return momentConverter(true, units, size);
    default:
      return undefined;
  }
}
