import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { createLog } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { loadEntities } from '@holdfast/nest/database/store-entities';
import { HoldfastModule } from '@holdfast/nest/holdfast.module';
import { createApplication } from '@holdfast/nest/http/application';
import { Connections } from '@holdfast/nest/http/connections';
import { silentReporter } from '@holdfast/migrate/migration-session';
import { migrateUp, migratorIdentity } from '@holdfast/migrate/migrator';
import { settingsFor } from '@holdfast/testing/migrated-database';
import { AppModule } from '../../../src/app.module.js';
import { migratedStores, service } from '../../../src/service.js';
import { registeredStores } from '../../../src/stores/registry.js';

/** The whole service within the process of the test. */
export interface Application {
  readonly url: string;
  close(): Promise<void>;
}

/** On one database, which is migrated. @param environment without files */
export async function startApplication(
  environment: Readonly<Record<string, string>>,
): Promise<Application> {
  const settings = settingsFor(service, environment);
  const log = await createLog({ format: 'json', level: 'silent' });
  const release = releaseOf(service.release);
  const stores = migratedStores(settings.stores);
  const [database] = settings.databases;
  if (!database) throw new Error('the settings name no database');
  const reporter = { ...silentReporter, applied: () => undefined };
  await migrateUp(database, stores, settings, migratorIdentity(release), reporter);
  // Jest cannot link two imports of the same module at once.
  for (const store of registeredStores) await store.module();
  const entities = await loadEntities(service.stores, settings.stores);
  const module = await HoldfastModule.register(
    settings,
    stores,
    log,
    [await AppModule.register(settings)],
    entities,
  );
  const app: INestApplication<Server> = await createApplication(module, settings, release, log);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      app.get(Connections).destroy();
      await app.close();
    },
  };
}
