import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { pino } from 'pino';
import type { Backend } from '@holdfast/guard/store-declaration';
import { DatabaseModule } from '@holdfast/nest/database/database.module';
import { loadEntities } from '@holdfast/nest/database/store-entities';
import { migratedStores } from '../../src/service.js';
import { registeredStores } from '../../src/stores/registry.js';
import { openMigrated, settingsFor } from './backends.js';
import { createDatabase } from '@holdfast/testing/temporary-database';

/** The databases of every store as the service opens them, in a Nest application without routes. */
export interface StoreDatabases {
  readonly app: INestApplicationContext;
  close(): Promise<void>;
}

/** @param providers further ones, with everything to inject that a store has */
export async function openStoreDatabases(
  backend: Exclude<Backend, 'IN_MEMORY'>,
  providers: readonly Type[] = [],
): Promise<StoreDatabases> {
  const { environment, remove } = await emptyDatabase(backend);
  const migrated = await openMigrated(environment);
  await migrated.close();
  const settings = settingsFor({
    ...environment,
    DPM_POLICY_PACKS_ENABLED: 'true',
    MEDIA_ENABLED: 'true',
  });
  const module = await DatabaseModule.register(
    settings,
    migratedStores(settings.stores),
    pino({ level: 'silent' }),
    await loadEntities(registeredStores, settings.stores),
  );
  const app = await NestFactory.createApplicationContext(
    { ...module, providers: [...(module.providers ?? []), ...providers] },
    { logger: false },
  );
  return {
    app,
    close: async () => {
      await app.close();
      await remove();
    },
  };
}

async function emptyDatabase(backend: Exclude<Backend, 'IN_MEMORY'>) {
  if (backend === 'POSTGRES') {
    const database = await createDatabase();
    const environment = { DB_TYPE: 'postgresql', DATABASE_URL: database.url };
    return { environment, remove: () => database.drop() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-stores-'));
  const environment = { SQLITE_PATH: join(folder, 'holdfast.sqlite') };
  return { environment, remove: () => rm(folder, { recursive: true, force: true }) };
}
