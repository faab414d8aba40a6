import 'reflect-metadata';
import { createLog } from '@holdfast/core/log';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { HoldfastModule } from '@holdfast/nest/holdfast.module';
import { createApplication } from '@holdfast/nest/http/application';
import { AppModule } from '../../src/app.module.ts';
import { release } from '../../src/release.ts';
import { migratedStores, service } from '../../src/service.ts';
import { registeredStores } from '../../src/stores/registry.ts';

/** Gives the application with every store in memory; it never listens, and is closed in the end. */
export async function withApplication(use) {
  const environment = Object.fromEntries(
    registeredStores.flatMap(({ backendVariable, enabledBy }) => [
      [backendVariable, 'IN_MEMORY'],
      ...enabledBy.map((variable) => [variable, 'true']),
    ]),
  );
  const nothing = () => {
    throw Object.assign(new Error('there are no files'), { code: 'ENOENT' });
  };
  const raw = readEnvironment(environment, service, nothing);
  const { settings } = judgeSettings(raw, service, nothing);
  const log = await createLog({ format: 'json', level: 'fatal' }, 2);
  const stores = migratedStores(settings.stores);
  const content = await AppModule.register(settings);
  const module = await HoldfastModule.register(settings, stores, log, [content]);
  const app = await createApplication(module, settings, release, log);
  try {
    return await use(app);
  } finally {
    await app.close();
  }
}
