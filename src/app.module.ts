import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { SettingsModule } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { DatabaseModule } from '@holdfast/nest/database/database.module';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { HealthModule } from '@holdfast/nest/health/health.module';
import { DocsModule } from '@holdfast/nest/http/docs.module';
import type { Log } from '@holdfast/core/log';
import { registeredStores } from './stores/registry.js';

/** The table of contents: configuration, databases, health, documentation, and the bound stores. */
@Module({})
export class AppModule {
  static async register(
    settings: Settings,
    stores: readonly MigratedStore[],
    log: Log,
  ): Promise<DynamicModule> {
    return {
      module: AppModule,
      imports: [
        await SettingsModule.register(settings),
        await DatabaseModule.register(settings, stores, log),
        HealthModule,
        DocsModule,
        ...(settings.rateLimit.requests > 0 ? [await rateLimit()] : []),
        ...(await storeModules(settings)),
      ],
    };
  }
}

/** Not even loaded where there is no limit. */
async function rateLimit(): Promise<DynamicModule> {
  return (await import('@holdfast/nest/rate-limit/rate-limit.module')).RateLimitModule.register();
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
