import type { Backend } from '@holdfast/guard/store-declaration';
import type { SchemaPair } from '@holdfast/migrate/schema/drift';
import { readPostgresPair } from '@holdfast/migrate/schema/postgres-drift';
import type { Schema } from '@holdfast/migrate/schema/schema';
import { readSqlitePair } from '@holdfast/migrate/schema/sqlite-drift';
import { migratedStores } from '../../src/service.js';
import { openBackend } from './backends.js';
import { poolSettings } from './settings.js';

/** The tables of a store as the migrator leaves them in a real database. */
export async function migratedSchema(
  store: string,
  backend: Exclude<Backend, 'IN_MEMORY'>,
): Promise<Schema> {
  const opened = await openBackend(backend);
  try {
    const settings = opened.database?.settings;
    if (!settings) throw new Error('no database');
    const migrations = migratedStores([{ store, backend }])[0]?.migrations ?? [];
    const { expected, live }: SchemaPair =
      settings.type === 'sqlite'
        ? readSqlitePair(settings, poolSettings(), migrations)
        : await readPostgresPair(settings, poolSettings(), migrations);
    return new Map([...live].filter(([table]) => expected.has(table)));
  } finally {
    await opened.close();
  }
}
