import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CopyPlan } from './plan.js';
import type { Obstacle } from './report.js';
import { readRows } from './rows/read-rows.js';
import { Reject, type Value } from './rows/value.js';
import { leastRowBytes, MAX_ROW_BYTES, mayBeTooBig } from './postgres/row-size.js';
import { targetNames, type TargetColumn, type TargetTable } from './postgres/target-table.js';
import { quoted } from './sqlite/identifiers.js';
import type { SourceDatabase } from './sqlite/source-database.js';
import { canonicalFor } from './verify/canonical.js';

/** What a dry run can tell of the copy beside the values. */
export interface Foresight {
  readonly obstacles: readonly Obstacle[];
  /** What only the copy will show, for people. */
  readonly unforeseen: readonly string[];
}

/** Of PostgreSQL: https://www.postgresql.org/docs/current/limits.html */
const MAX_COLUMNS = 1600;
const MAX_INDEX_BYTES = 2704;

/** Keys that are held in memory to be compared, 16 bytes and what holds them; more are left to the copy. */
const MAX_KEYS = 500_000;

const TURN_ROWS = 10_000;

/** @throws COPY_SOURCE_UNREADABLE */
export async function foresee(source: SourceDatabase, plan: CopyPlan): Promise<Foresight> {
  const obstacles: Obstacle[] = [];
  const unforeseen: string[] = [];
  for (const table of plan.made) {
    if (table.columns.length > MAX_COLUMNS) {
      const text = `it has ${table.columns.length} columns, PostgreSQL takes ${MAX_COLUMNS}`;
      obstacles.push({ code: 'COPY_TOO_MANY_COLUMNS', table: table.name, text });
      continue;
    }
    if (mayBeTooBig(table.columns)) obstacles.push(...(await tooBig(source, table)));
    for (const key of mergingKeys(table)) {
      if (table.content.rows > MAX_KEYS)
        unforeseen.push(`${table.name}: whether (${namesOf(key)}) stays unique`);
      else obstacles.push(...(await clashes(source, table, key)));
    }
    unforeseen.push(...longKeys(source, table));
  }
  return { obstacles, unforeseen: [...unforeseen, ...leftToServer(plan)] };
}

async function tooBig(source: SourceDatabase, table: TargetTable): Promise<readonly Obstacle[]> {
  const names = table.columns.map((column) => column.source.name);
  let rows = 0;
  for (const { values, key } of readRows(source, table.source, names)) {
    if ((rows += 1) % TURN_ROWS === 0) await nextTurn();
    const bytes = leastRowBytes(table.columns, values);
    if (bytes <= MAX_ROW_BYTES) continue;
    const text = `${key()} takes about ${bytes} bytes of a row's ${MAX_ROW_BYTES}`;
    return [{ code: 'COPY_ROW_TOO_BIG', table: table.name, text }];
  }
  return [];
}

/** Keys with a column of which different values become the same, on purpose of a rule or a declared type. */
function mergingKeys(table: TargetTable): readonly (readonly TargetColumn[])[] {
  const { primaryKey, indexes } = table.source;
  const listed = [
    primaryKey,
    ...indexes
      .filter(({ unique, partial, columns }) => unique && !partial && !columns.includes(null))
      .map(({ columns }) => columns.map((column) => column?.name ?? '')),
  ];
  const unique = new Map(listed.map((names) => [names.join('\0'), names]));
  return [...unique.values()].flatMap((names) => {
    const columns = targetNames(table, names)?.flatMap((name) =>
      table.columns.filter((column) => column.name === name),
    );
    if (!columns || columns.length === 0) return [];
    const merges = ({ isRuled, units = [], type }: TargetColumn) =>
      isRuled === true || units.length > 0 || type.startsWith('timestamp with time');
    return columns.some(merges) ? [columns] : [];
  });
}

async function clashes(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly TargetColumn[],
): Promise<readonly Obstacle[]> {
  const canonical = columns.map(canonicalFor);
  const names = columns.map((column) => column.source.name);
  const seen = new Map<string, string>();
  for (const { values, key } of readRows(source, table.source, names)) {
    if (seen.size % TURN_ROWS === 0) await nextTurn();
    if (!values.every((value, at) => isTaken(value, columns[at]))) continue;
    const texts = (values as readonly Value[]).map((value, at) =>
      value === null ? '' : (canonical[at]?.ofSource(value) ?? ''),
    );
    const digest = hash('md5', JSON.stringify(texts), 'base64');
    const other = seen.get(digest);
    if (other !== undefined) {
      const text = `${other} and ${key()} become the same for (${namesOf(columns)}), which is unique`;
      return [{ code: 'COPY_KEY_CLASH', table: table.name, text }];
    }
    seen.set(digest, key());
  }
  return [];
}

/** Rows that are rejected clash with none, and neither does NULL. */
function isTaken(value: Value | Reject, column: TargetColumn | undefined): boolean {
  if (value === null || value instanceof Reject) return false;
  return !(column?.convert(value) instanceof Reject);
}

/** Indexes that a long value may keep from being made: how far it can be compressed, only the server knows. */
function longKeys({ connection }: SourceDatabase, table: TargetTable): readonly string[] {
  const indexed = new Set(
    table.source.indexes.flatMap(({ columns }) => columns.flatMap((column) => column?.name ?? [])),
  );
  const texts = table.columns.filter(({ source, type }) => {
    const held = table.content.columns.get(source.name);
    return indexed.has(source.name) && held && held.texts + held.blobs > 0 && type !== 'json';
  });
  if (texts.length === 0 || texts.length > MAX_COLUMNS) return [];
  return texts.flatMap(({ source, name }) => {
    const long = connection
      .prepare(`SELECT max(octet_length(${quoted(source.name)})) FROM ${table.source.place}`)
      .pluck()
      .get() as bigint | null;
    return (long ?? 0n) > MAX_INDEX_BYTES
      ? [`${table.name}: whether an index takes the ${long} bytes of ${name}, which it compresses`]
      : [];
  });
}

function leftToServer({ tables, definitions }: CopyPlan): readonly string[] {
  const filled = tables.filter(({ created }) => !created).map(({ name }) => name);
  const tried = definitions
    .filter(
      ({ attempts, generated }) =>
        generated.length > 0 || attempts.some(({ forgiven }) => forgiven === undefined),
    )
    .map(({ table }) => table);
  const linked = definitions.filter(({ foreignKeys }) => foreignKeys.length > 0);
  return [
    ...(filled.length > 0
      ? [`what keys, checks and triggers of tables that exist refuse: ${filled.join(', ')}`]
      : []),
    ...(tried.length > 0
      ? [`which checks, generated columns and special indexes are left out: ${tried.join(', ')}`]
      : []),
    ...(linked.length > 0
      ? ['rows that refer to one which was rejected, or differs in upper and lower case']
      : []),
    'the space on the disk of the server',
  ];
}

function namesOf(columns: readonly TargetColumn[]): string {
  return columns.map(({ name }) => name).join(', ');
}
