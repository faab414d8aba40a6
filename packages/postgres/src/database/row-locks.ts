import type { SqlDatabase } from './sql-database.js';

/**
 * Ends a SELECT of rows that the same transaction will change: rows that another transaction holds
 * are left to it, so that neither waits for the other. SQLite has one writer, and nothing to lock.
 */
export function skipLocked({ settings }: SqlDatabase): string {
  return settings.type === 'postgresql' ? 'FOR UPDATE SKIP LOCKED' : '';
}
