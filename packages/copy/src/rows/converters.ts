import {
  dateConverter,
  epochConverter,
  type EpochUnit,
  instantConverter,
  preciseConverter,
  timeConverter,
  timestampConverter,
  utcConverter,
} from './time-converters.js';
import { floatConverter, integerConverter, numericConverter } from './number-converters.js';
import {
  booleanConverter,
  bytesConverter,
  jsonConverter,
  literalConverter,
  textConverter,
  uuidConverter,
} from './text-converters.js';
import { pgType } from './pg-type.js';
import type { Converter } from './value.js';

/** What a number or a text without a zone stands for, where a rule says so. */
export type Unit = EpochUnit | 'utc' | 'literal';

/**
 * How values become those of a PostgreSQL type.
 * @param type as `format_type` writes it, for example `character varying(20)`
 * @param unit of `timestamp with time zone`
 * @returns undefined for a type that only PostgreSQL can judge, as text
 */
export function converterFor(type: string, unit?: Unit): Converter | undefined {
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
      return numericConverter(size, scale);
    case 'text':
      if (unit === 'literal') return literalConverter;
      return textConverter(size);
    case 'character varying':
      return textConverter(size);
    case 'character':
      return textConverter(size ?? 1, true);
    case 'bytea':
      return bytesConverter;
    case 'boolean':
      return booleanConverter;
    case 'uuid':
      return uuidConverter;
    case 'json':
    case 'jsonb':
      return jsonConverter(name === 'jsonb');
    case 'date':
      return dateConverter;
    case 'time without time zone':
      return preciseConverter(timeConverter, size);
    case 'timestamp without time zone':
      return preciseConverter(timestampConverter, size);
    case 'timestamp with time zone':
      return preciseConverter(zonedConverter(unit), size);
    default:
      return undefined;
  }
}

function zonedConverter(unit: Unit | undefined): Converter {
  if (unit === undefined || unit === 'literal') return instantConverter;
  return unit === 'utc' ? utcConverter : epochConverter(unit);
}
