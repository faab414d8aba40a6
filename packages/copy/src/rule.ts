import { ReasonError } from './reasons.js';
import type { Unit } from './rows/converters.js';

/** `--map table.column=type[:unit]`: what a column is meant to be. */
export interface ColumnRule {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly unit?: Unit;
}

const RULE = /^(.+)\.([^.=]+)=([a-z]+)(?::([a-z]+))?$/;

/** Types that a rule can name, with their units. */
const TYPES: Readonly<Record<string, { readonly type: string; readonly units: readonly Unit[] }>> =
  {
    boolean: { type: 'boolean', units: [] },
    timestamptz: { type: 'timestamp with time zone', units: ['s', 'ms', 'us', 'utc'] },
    timestamp: { type: 'timestamp without time zone', units: [] },
    date: { type: 'date', units: [] },
    time: { type: 'time without time zone', units: [] },
    uuid: { type: 'uuid', units: [] },
    json: { type: 'json', units: [] },
    jsonb: { type: 'jsonb', units: [] },
    numeric: { type: 'numeric', units: [] },
    text: { type: 'text', units: ['literal'] },
    bytea: { type: 'bytea', units: [] },
  };

export const RULE_TYPES = Object.entries(TYPES)
  .map(([name, { units }]) => (units.length > 0 ? `${name}[:${units.join('|')}]` : name))
  .join(', ');

/** @throws USAGE */
export function parseRule(text: string): ColumnRule {
  const [, table, column, name = '', unit] = RULE.exec(text) ?? [];
  const known = TYPES[name];
  const knownUnit = known?.units.find((each) => each === unit);
  if (table === undefined || column === undefined || !known || unit !== knownUnit) {
    throw new ReasonError('USAGE', {
      detail: `--map ${text} is not TABLE.COLUMN=TYPE[:UNIT] with one of ${RULE_TYPES}`,
    });
  }
  return { table, column, type: known.type, ...(knownUnit && { unit: knownUnit }) };
}
