import { readMigrations } from '@holdfast/migrate/migration';
import { statementUses } from '@holdfast/migrate/postgres/compatible/statement-use';
import { storeTables } from '@holdfast/migrate/postgres/schema/store-schema';
import type { Service } from '@holdfast/migrate/service';

/** By store: a statement belongs to the stores whose migrations make one of its tables. */
export async function statementsByStore(
  { stores, migrations }: Service,
  texts: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const used = new Map<string, ReadonlySet<string>>();
  for (const text of texts) used.set(text, new Set((await statementUses([text])).tables.keys()));
  const byStore = new Map<string, readonly string[]>();
  for (const { name } of stores) {
    const tables = await storeTables(readMigrations(migrations, name, 'postgres'));
    const isOwn = (text: string) => tables.some((table) => used.get(text)?.has(table));
    byStore.set(name, texts.filter(isOwn));
  }
  return byStore;
}
