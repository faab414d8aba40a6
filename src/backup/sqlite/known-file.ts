import type { SqliteSettings } from '@holdfast/guard/databases';
import type { KnownDatabase } from '../folder/same-database.js';
import { firstMigratedAt } from './first-migrated.js';

/** Which one the file is that settings name: that is not known of one that cannot be read. */
export async function knownFile({ name, path }: SqliteSettings): Promise<KnownDatabase> {
  const known = { name, type: 'sqlite' } as const;
  try {
    const { default: Sqlite } = await import('better-sqlite3');
    // Who opens it for reading alone leaves files beside it that nobody removes.
    const connection = new Sqlite(path, { fileMustExist: true });
    try {
      connection.pragma('query_only = on');
      return { ...known, first_migrated_at: firstMigratedAt(connection) };
    } finally {
      connection.close();
    }
  } catch {
    return known;
  }
}
