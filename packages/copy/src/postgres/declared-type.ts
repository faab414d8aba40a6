import type { ColumnContent } from '../sqlite/contents.js';
import type { SourceColumn } from '../sqlite/source-table.js';
import type { Units } from '../rows/units.js';

/** A type, and what the values would stand for. */
export interface MeantType {
  readonly type: string;
  readonly units: Units;
}

const NAME =
  /^([A-Z0-9_ ]*?) ?(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?( WITH TIME ZONE| WITHOUT TIME ZONE)?$/;

/** More than this is no length of `character varying`, and no precision of `numeric`. */
const MAX_LENGTH = 10_485_760;
const MAX_PRECISION = 1000;

/**
 * What a declared type says that a column is, in the order in which it is tried.
 * @returns nothing for one that says nothing to PostgreSQL
 */
export function meantTypes(declaredType: string): readonly MeantType[] {
  const declared = declaredType.trim().replace(/\s+/g, ' ').toUpperCase();
  const [, name = '', size, scale, zone = ''] = NAME.exec(declared) ?? [];
  const plain = (type: string, units: Units = []): MeantType => ({ type, units });
  switch (name) {
    case 'INT':
    case 'INTEGER':
    case 'BIGINT':
    case 'INT8':
    case 'UNSIGNED BIG INT':
      return [plain('bigint')];
    case 'REAL':
    case 'DOUBLE':
    case 'DOUBLE PRECISION':
    case 'FLOAT':
      return [plain('double precision')];
    case 'TEXT':
    case 'CLOB':
      return [plain('text')];
    case 'BLOB':
      return [plain('bytea')];
    case 'CHAR':
    case 'CHARACTER':
    case 'NCHAR':
    case 'VARCHAR':
    case 'NVARCHAR':
    case 'VARYING CHARACTER':
    case 'CHARACTER VARYING':
    case 'NATIVE CHARACTER':
      return [plain(sized('character varying', size) ?? 'text')];
    case 'DEC':
    case 'DECIMAL':
    case 'NUMERIC':
    case 'NUMBER':
    case 'MONEY':
      return [plain(sizedNumeric(size, scale))];
    case 'BOOL':
    case 'BOOLEAN':
      return [plain('boolean'), plain('boolean', ['tf'])];
    case 'DATETIME':
    case 'DATETIME2':
    case 'SMALLDATETIME':
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ':
    case 'TIMESTAMP_TEXT':
    case 'DATETIMEOFFSET': {
      const moments = [plain('timestamp without time zone'), plain('timestamp with time zone')];
      const isZoned =
        name === 'TIMESTAMPTZ' || name === 'DATETIMEOFFSET' || zone === ' WITH TIME ZONE';
      return isZoned ? moments.toReversed() : moments;
    }
    case 'DATE':
      return [plain('date')];
    case 'TIME':
      return [plain('time without time zone')];
    case 'INTERVAL':
      return [plain('interval')];
    case 'UUID':
    case 'GUID':
    case 'UNIQUEIDENTIFIER':
      return [plain('uuid'), plain('uuid', ['any'])];
    case 'JSON':
    case 'JSON_TEXT':
      return [plain('json')];
    case 'JSONB':
      return [plain('jsonb')];
    default:
      return [];
  }
}

function sized(type: string, size: string | undefined): string | undefined {
  const length = Number(size ?? 0);
  return length > 0 && length <= MAX_LENGTH ? `${type}(${length})` : undefined;
}

function sizedNumeric(precision: string | undefined, scale = '0'): string {
  const digits = Number(precision ?? 0);
  return digits > 0 && digits <= MAX_PRECISION && Number(scale) <= digits
    ? `numeric(${digits},${Number(scale)})`
    : 'numeric';
}

/** Values per second, millisecond and microsecond that lie between 1973 and 2286. */
const MAGNITUDES = [
  { least: 1e8, unit: 's' },
  { least: 1e11, unit: 'ms' },
  { least: 1e14, unit: 'us' },
] as const;

/**
 * Why numbers are not taken for moments, and the rule that says that they are.
 * @param first of the values
 */
export function numberHint(
  table: string,
  { name }: SourceColumn,
  { integers, reals, texts }: ColumnContent,
  first: number,
): string | undefined {
  if (integers + reals === 0) return undefined;
  const unit = MAGNITUDES.findLast(({ least }) => Math.abs(first) >= least)?.unit;
  const isJulian = first > 1e6 && first < 1e7 && reals > 0;
  const units = `${isJulian ? 'julian' : (unit ?? 's')}${texts > 0 ? ':utc' : ''}`;
  return `holds numbers, which may count anything: --map ${table}.${name}=timestamptz:${units} says what`;
}
