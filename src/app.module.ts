import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { LoginOffModule } from '@holdfast/nest/login/login-off.module';
import { RootModule } from '@holdfast/nest/status/root.module';
import type { Settings } from '@holdfast/guard/settings';
import { looksAfterBackups } from './backup/backup.variables.js';
import { registeredStores } from './stores/registry.js';

/** The table of contents: the bound stores. */
@Module({})
export class AppModule {
  static async register(settings: Settings): Promise<DynamicModule> {
    return {
      module: AppModule,
      imports: [
        RootModule,
        LoginOffModule.register(settings),
        ...(await backupModules(settings)),
        ...(await storeModules(settings)),
      ],
    };
  }
}

async function backupModules(settings: Settings): Promise<Type[]> {
  if (!looksAfterBackups(settings)) return [];
  const { BackupModule } = await import('./backup/backup.module.js');
  return [BackupModule];
}

async function storeModules(settings: Settings): Promise<(DynamicModule | Type)[]> {
  const modules = await Promise.all(
    registeredStores.map(async (store) => {
      const binding = settings.stores.find((each) => each.store === store.name);
      return binding ? (await store.module()).register(binding) : store.moduleWhenOff?.();
    }),
  );
  return modules.filter((module) => module !== undefined);
}
