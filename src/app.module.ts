import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { SettingsModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import type { MigratedStore } from './migrations/migrator.js';
import { HealthModule } from './health/health.module.js';
import { DocsModule } from './http/docs.module.js';
import type { Log } from './logging/log.js';
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
  return (await import('./rate-limit/rate-limit.module.js')).RateLimitModule.register();
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
