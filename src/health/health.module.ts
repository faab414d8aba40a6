import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SETTINGS } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { RedisModule } from '../redis/redis.module.js';
import { DATABASE_PROBES, DatabaseIndicator } from './database.indicator.js';
import { DatabaseProbe } from './database-probe.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MigrationStatusReader } from './migration-status.js';
import { MigrationsIndicator } from './migrations.indicator.js';
import { RedisIndicator } from './redis.indicator.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), RedisModule],
  controllers: [HealthController],
  providers: [
    {
      provide: DATABASE_PROBES,
      inject: [SETTINGS],
      useFactory: (settings: Settings) =>
        settings.databases.map((database) => new DatabaseProbe(database, settings)),
    },
    DatabaseIndicator,
    HealthService,
    MigrationStatusReader,
    MigrationsIndicator,
    RedisIndicator,
  ],
})
export class HealthModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE_PROBES) private readonly probes: readonly DatabaseProbe[]) {}

  onApplicationShutdown(): void {
    for (const probe of this.probes) probe.close();
  }
}
