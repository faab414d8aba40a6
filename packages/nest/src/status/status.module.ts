import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { PoolHistory } from './pool-history.js';
import { StartRecord } from './start-record.js';
import { StatusController } from './status.controller.js';
import { StatusSource } from './status-source.js';

/** What whoever is on call looks at, at `GET /status`. */
@Module({
  imports: [HealthModule, RedisModule],
  controllers: [StatusController],
  providers: [PoolHistory, StartRecord, StatusSource],
})
export class StatusModule {}
