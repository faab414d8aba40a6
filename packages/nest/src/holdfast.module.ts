import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { createLog, LOG, type Log } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { configured } from '@holdfast/guard/configure';
import type { Settings } from '@holdfast/guard/settings';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { AuthModule } from './auth/auth.module.js';
import { DatabaseModule } from './database/database.module.js';
import type { BoundEntities } from './database/store-entities.js';
import { loadEntities } from './database/store-entities.js';
import { HealthModule } from './health/health.module.js';
import { Connections } from './http/connections.js';
import { DocsModule } from './http/docs.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RequestsModule } from './http/requests.module.js';
import { SchemaPipe } from './http/schema.pipe.js';
import { ServingModule } from './http/serving.module.js';
import { LazyPromise } from './lazy-promise.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { type AsyncOptions, optionsFrom } from './module-options.js';
import { SettingsModule } from './settings.module.js';
import { StatusModule } from './status/status.module.js';
import { isStarting, type VerifiedService, verifyService } from './verified-service.js';

/** Settings, databases, health, documentation and rate limits, and what an application serves with them. */
@Module({})
export class HoldfastModule {
  /**
   * For an application that makes itself by `NestFactory.create()`: the guard and the verification come before
   * any of its providers, and nothing is made when they refuse. In one that `start()` makes, it brings nothing:
   * all of it is there.
   * @returns rejected with a `RefusedConfiguration` or a `ReasonError`, and `NestFactory.create()` with it
   */
  static forRoot(options: VerifiedService): Promise<DynamicModule> {
    return HoldfastModule.forRootAsync({ useFactory: () => options });
  }

  /** As `forRoot()`, with options that other providers give; their modules are made for that, and once more. */
  static forRootAsync(options: AsyncOptions): Promise<DynamicModule> {
    return new LazyPromise(async () =>
      isStarting() ? { module: HoldfastModule } : verified(await optionsFrom(options)),
    );
  }

  /** For `start()`, which has verified what it is given. */
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
        AuthModule.register(settings),
        await DatabaseModule.register(settings, stores, log, entities),
        HealthModule,
        MetricsModule,
        DocsModule,
        StatusModule,
        ...(hasLogins(settings) ? [await logins()] : []),
        ...content,
      ],
    };
  }
}

async function verified(service: VerifiedService): Promise<DynamicModule> {
  const settings = configured(process, service);
  const log = await createLog(settings.log);
  const { stores } = await verifyService(service, settings, log);
  const entities = await loadEntities(service.stores, settings.stores);
  const content = await HoldfastModule.register(settings, stores, log, [], entities);
  return {
    module: HoldfastModule,
    imports: [
      ServingModule.register(content, {
        connections: new Connections(),
        metrics: new RequestMetrics(),
        release: releaseOf(service.release),
        log,
      }),
      RequestsModule,
    ],
    providers: [
      {
        provide: APP_FILTER,
        inject: [LOG, RequestMetrics],
        useFactory: (own: Log, metrics: RequestMetrics) => new ProblemFilter(own, metrics),
      },
      { provide: APP_PIPE, useClass: SchemaPipe },
    ],
  };
}

function hasLogins({ auth }: Settings): boolean {
  return auth.mode === 'jwt' && auth.credentialsFile !== undefined;
}

/** Not even loaded where nobody logs in. */
async function logins(): Promise<Type> {
  return (await import('./login/login.module.js')).LoginModule;
}
