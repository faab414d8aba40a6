import { ReasonError } from './reasons.js';
import { pgType } from './rows/pg-type.js';
import type { Unit, Units } from './rows/units.js';

/** `--map SELECTOR=TYPE[:UNIT…]`: what columns are meant to be. */
export interface ColumnRule {
  /** `*` for any; undefined for a rule on a declared type. */
  readonly table: string | undefined;
  readonly column: string | undefined;
  /** A declared type, in capitals; without a length it is that of any length. */
  readonly declared: string | undefined;
  /** As `format_type` writes it. */
  readonly type: string;
  readonly units: Units;
  /** As it was given. */
  readonly text: string;
  /** Of a preset: it may mean nothing that is copied. */
  readonly isOptional?: boolean;
}

const RULE = /^(.+)=([a-z]+(?:\[\])?)(\(\d+(?:,\d+)?\))?((?::[a-z]+)*)$/;
const NAMED = /^(.+)\.([^.=]+)$/;

const EPOCH: Units = ['s', 'ms', 'us', 'truncate'];
const MOMENT: Units = [...EPOCH, 'julian', 'utc'];

interface RuleType {
  readonly type: string;
  readonly units: Units;
  /** How many numbers in parentheses it takes. */
  readonly modifiers?: number;
}

/** Types that a rule can name, with their units. */
const TYPES: Readonly<Record<string, RuleType>> = {
  boolean: { type: 'boolean', units: ['tf'] },
  smallint: { type: 'smallint', units: [] },
  integer: { type: 'integer', units: [] },
  bigint: { type: 'bigint', units: [] },
  real: { type: 'real', units: [] },
  double: { type: 'double precision', units: [] },
  timestamptz: { type: 'timestamp with time zone', units: MOMENT },
  timestamp: {
    type: 'timestamp without time zone',
    units: [...EPOCH, 'julian', 'utc', 'strip', 'apply'],
  },
  date: { type: 'date', units: [] },
  time: { type: 'time without time zone', units: ['truncate'] },
  interval: { type: 'interval', units: EPOCH },
  uuid: { type: 'uuid', units: ['any'] },
  json: { type: 'json', units: [] },
  jsonb: { type: 'jsonb', units: [] },
  numeric: { type: 'numeric', units: ['text'], modifiers: 2 },
  text: { type: 'text', units: ['literal'] },
  varchar: { type: 'character varying', units: [], modifiers: 1 },
  bytea: { type: 'bytea', units: [] },
  'text[]': { type: 'text[]', units: ['json'] },
};

export const RULE_TYPES = Object.entries(TYPES)
  .map(([name, { units }]) => (units.length > 0 ? `${name}[:${units.join('|')}]` : name))
  .join(', ');

/** @throws USAGE */
export function parseRule(text: string): ColumnRule {
  const [, selector = '', name = '', modifiers = '', given = ''] = RULE.exec(text) ?? [];
  const known = TYPES[name];
  const units = given.split(':').slice(1);
  const takes = modifiers === '' || modifiers.split(',').length <= (known?.modifiers ?? 0);
  const isUnit = (unit: string): unit is Unit =>
    known?.units.some((each) => each === unit) === true;
  const isDeclared = /^type:./i.test(selector);
  const [, table, column] = NAMED.exec(selector) ?? [];
  if (!known || !takes || !units.every(isUnit) || (!isDeclared && table === undefined)) {
    throw new ReasonError('USAGE', {
      detail: `--map ${text} is not TABLE.COLUMN=TYPE[:UNIT], TABLE.*=…, *.COLUMN=… or type:DECLARED=… with one of ${RULE_TYPES}`,
    });
  }
  return {
    ...(isDeclared
      ? { table: undefined, column: undefined, declared: spaced(selector.slice(5)) }
      : { table, column, declared: undefined }),
    type: `${known.type}${modifiers}`,
    // It has no other meaning, and may be left out.
    units: name === 'text[]' ? ['json'] : units,
    text,
  };
}

/** The rules of a file: one a line, without empty lines and those that begin with `#`. @throws USAGE */
export function parseRules(text: string): readonly ColumnRule[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseRule);
}

/** Whether a rule means a column. */
export function isMeant(
  { table, column, declared }: ColumnRule,
  ofTable: string,
  { name, declaredType }: { readonly name: string; readonly declaredType: string },
): boolean {
  if (declared !== undefined) {
    const type = spaced(declaredType);
    return declared === type || declared === type.replace(/ ?\(.*$/, '');
  }
  return (table === '*' || table === ofTable) && (column === '*' || column === name);
}

/**
 * The rule that says most about a column, and among equals the last one.
 * @param type of the column, where the table is there: only what a rule may say of that counts. A rule on `*.*`
 * means nothing else.
 */
export function ruleFor(
  rules: readonly ColumnRule[],
  table: string,
  column: { readonly name: string; readonly declaredType: string },
  type?: string,
): ColumnRule | undefined {
  const meant = rules.filter(
    (rule) =>
      isMeant(rule, table, column) &&
      (type === undefined ? !isForAll(rule) : isExact(rule) || isOfType(rule, type)),
  );
  const most = Math.max(...meant.map(weight));
  return meant.findLast((rule) => weight(rule) === most);
}

function isForAll({ table, column }: ColumnRule): boolean {
  return table === '*' && column === '*';
}

/** Whether a rule says what a column of a type is. */
export function isOfType({ type: wanted }: ColumnRule, type: string): boolean {
  const { name } = pgType(type);
  return pgType(wanted).name === name || (wanted === 'text' && TEXTS.includes(name));
}

const TEXTS = ['character varying', 'character'];

/** Whether it names one column, so that a table which contradicts it is an error. */
export function isExact(rule: ColumnRule): boolean {
  return weight(rule) === 3;
}

function weight({ table, column, declared }: ColumnRule): number {
  if (declared !== undefined) return 0;
  return (table === '*' ? 0 : 2) + (column === '*' ? 0 : 1);
}

function spaced(type: string): string {
  return type.trim().replace(/\s+/g, ' ').toUpperCase();
}
