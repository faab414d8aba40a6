import {
  type BeforeApplicationShutdown,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { SETTINGS } from '../settings.module.js';
import type { Settings } from '@holdfast/guard/settings';
import { DATABASES, MIGRATED_STORES } from '../database/database.module.js';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { LOG, type Log } from '@holdfast/core/log';
import { endsWithin } from '@holdfast/core/deadline';
import { RELEASE, type Release } from '@holdfast/core/release';
import { RedisModule } from '../redis/redis.module.js';
import { ApplicationChecks } from './application-checks.js';
import { Checks } from './checks.js';
import { DatabaseCondition } from './database-condition.js';
import { type MigratedStore, storesIn } from '@holdfast/migrate/migrator';
import { DATABASE_PROBES, DatabaseIndicator } from './database.indicator.js';
import { DatabaseProbe } from './database-probe.js';
import { EventLoopIndicator } from './event-loop.indicator.js';
import { HEALTH_CHECKS, type HealthCheck } from './health-check.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { logInToPostgres, logInToRedis } from './login.js';
import { LoginCanary } from './login-canary.js';
import { LOGIN_CANARIES, LoginIndicator } from './login.indicator.js';
import { MigrationStatusReader } from './migration-status.js';
import { MigrationsIndicator } from './migrations.indicator.js';
import { ReadinessWatch } from './readiness-watch.js';
import { ReadyAnswer } from './ready-answer.js';
import { REDIS_CANARY, RedisIndicator } from './redis.indicator.js';
import { ReplicasIndicator } from './replicas.indicator.js';
import { RunningBuild } from './running-build.js';

/** A database that does not answer keeps no process from ending: a minute later it counts no more, either. */
const GOODBYE_MS = 200;

/** In the order of the bodies. */
const INDICATORS = [
  DatabaseIndicator,
  MigrationsIndicator,
  RedisIndicator,
  LoginIndicator,
  EventLoopIndicator,
  ReplicasIndicator,
];

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), DiscoveryModule, RedisModule],
  controllers: [HealthController],
  providers: [
    {
      provide: DATABASE_PROBES,
      inject: [SETTINGS, DATABASES, MIGRATED_STORES, RELEASE, LOG],
      useFactory: (
        settings: Settings,
        opened: readonly SqlDatabase[],
        stores: readonly MigratedStore[],
        release: Release,
        log: Log,
      ) =>
        settings.databases.map(
          (database) =>
            new DatabaseProbe(
              database,
              settings,
              new DatabaseCondition(database, storesIn(stores, database), log),
              new RunningBuild(database, storesIn(stores, database), release, log),
              (askBusy) => {
                const own = opened.find(({ settings: { name } }) => name === database.name);
                // What the server does not answer now, it answers when it is back once more.
                own?.closeHalfOpenConnections(askBusy).catch(() => undefined);
              },
            ),
        ),
    },
    {
      provide: LOGIN_CANARIES,
      inject: [SETTINGS, LOG],
      useFactory: (settings: Settings, log: Log) =>
        settings.databases.flatMap((database) =>
          database.type === 'postgresql' && settings.loginIntervalSeconds > 0
            ? [
                new LoginCanary(
                  database.name,
                  () => logInToPostgres(database, settings),
                  settings.loginIntervalSeconds,
                  log,
                ),
              ]
            : [],
        ),
    },
    {
      provide: REDIS_CANARY,
      inject: [SETTINGS, LOG],
      useFactory: (
        { redisUrl, redisAuthorities, loginIntervalSeconds }: Settings,
        log: Log,
      ): LoginCanary | null =>
        redisUrl && loginIntervalSeconds > 0
          ? new LoginCanary(
              'redis',
              () => logInToRedis(redisUrl, redisAuthorities),
              loginIntervalSeconds,
              log,
            )
          : null,
    },
    {
      provide: HEALTH_CHECKS,
      inject: INDICATORS,
      useFactory: (...indicators: readonly HealthCheck[]) => indicators,
    },
    ...INDICATORS,
    ApplicationChecks,
    Checks,
    HealthService,
    MigrationStatusReader,
    ReadinessWatch,
    ReadyAnswer,
  ],
  exports: [
    Checks,
    EventLoopIndicator,
    HealthService,
    MigrationStatusReader,
    ReadinessWatch,
    ReplicasIndicator,
  ],
})
export class HealthModule
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[],
    @Inject(LOGIN_CANARIES) private readonly canaries: readonly LoginCanary[],
    @Inject(REDIS_CANARY) private readonly redisCanary: LoginCanary | null,
  ) {}

  onModuleInit(): void {
    for (const canary of this.canaries) canary.start();
    this.redisCanary?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const goodbyes = this.probes.map((probe) => probe.sayGoodbye());
    await endsWithin(GOODBYE_MS, Promise.allSettled(goodbyes));
  }

  onApplicationShutdown(): void {
    for (const canary of this.canaries) canary.close();
    this.redisCanary?.close();
    for (const probe of this.probes) probe.close();
  }
}
