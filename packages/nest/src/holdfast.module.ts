import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { DatabaseModule } from './database/database.module.js';
import type { BoundEntities } from './database/store-entities.js';
import { HealthModule } from './health/health.module.js';
import { DocsModule } from './http/docs.module.js';
import { SettingsModule } from './settings.module.js';

/** Settings, databases, health, documentation and rate limits, and what an application serves with them. */
@Module({})
export class HoldfastModule {
  static async register(
    settings: Settings,
    stores: readonly MigratedStore[],
    log: Log,
    content: readonly (DynamicModule | Type)[],
    entities: readonly BoundEntities[] = [],
  ): Promise<DynamicModule> {
    return {
      module: HoldfastModule,
      imports: [
        await SettingsModule.register(settings),
        await DatabaseModule.register(settings, stores, log, entities),
        HealthModule,
        DocsModule,
        ...(settings.rateLimit.requests > 0 ? [await rateLimit()] : []),
        ...content,
      ],
    };
  }
}

/** Not even loaded where there is no limit. */
async function rateLimit(): Promise<DynamicModule> {
  return (await import('./rate-limit/rate-limit.module.js')).RateLimitModule.register();
}
