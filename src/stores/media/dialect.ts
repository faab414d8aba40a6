import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';

/** For `IN (…)`: the texts of a parameter that holds a JSON array. */
export function textsIn({ settings }: SqlDatabase, parameter: string): string {
  return settings.type === 'postgresql'
    ? `SELECT json_array_elements_text(CAST(:${parameter} AS json))`
    : `SELECT value FROM json_each(:${parameter})`;
}

/** Whole milliseconds from one column of times to another. */
export function millisecondsBetween({ settings }: SqlDatabase, from: string, to: string): string {
  return settings.type === 'postgresql'
    ? `CAST(ROUND(EXTRACT(EPOCH FROM ${to} - ${from}) * 1000) AS integer)`
    : `CAST(ROUND((julianday(${to}) - julianday(${from})) * 86400000) AS INTEGER)`;
}

/** Ends a SELECT of rows that the same transaction will change; SQLite has one writer, and nothing to lock. */
export function forUpdate({ settings }: SqlDatabase): string {
  return settings.type === 'postgresql' ? 'FOR UPDATE' : '';
}
