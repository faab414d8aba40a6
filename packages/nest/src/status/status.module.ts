import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { PoolHistory } from './pool-history.js';
import { StatusController } from './status.controller.js';
import { StatusSource } from './status-source.js';

/** What whoever is on call looks at, at `GET /status`. */
@Module({
  imports: [HealthModule],
  controllers: [StatusController],
  providers: [PoolHistory, StatusSource],
})
export class StatusModule {}
