import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { bindRepository, databaseToken } from '@holdfast/nest/database/database.module';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { GatedLease, JobGate } from '@holdfast/nest/redis/gated-lease';
import { REDIS, RedisModule } from '@holdfast/nest/redis/redis.module';
import type { Redis } from '@holdfast/nest/redis/redis';
import { KeptAnswers } from '../kept-answers.js';
import { keyedRequests } from '../keyed-requests.providers.js';
import { SOLE_LEASE } from '@holdfast/core/lease';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { DecisionRepository } from './decisions/decision.repository.js';
import { MemoryDecisionRepository } from './decisions/decision.repository.memory.js';
import { SqlDecisionRepository } from './decisions/decision.repository.sql.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { DecisionsService } from './decisions/decisions.service.js';
import { DpmKeptAnswers } from './dpm.kept-answers.js';
import { LineageController } from './lineage/lineage.controller.js';
import { LineageRepository } from './lineage/lineage.repository.js';
import { MemoryLineageRepository } from './lineage/lineage.repository.memory.js';
import { SqlLineageRepository } from './lineage/lineage.repository.sql.js';
import { LineageService } from './lineage/lineage.service.js';
import { OperationRepository } from './operations/operation.repository.js';
import { MemoryOperationRepository } from './operations/operation.repository.memory.js';
import { SqlOperationRepository } from './operations/operation.repository.sql.js';
import { OperationsController } from './operations/operations.controller.js';
import { OperationsService } from './operations/operations.service.js';
import { dpmRetentionRules, openDpmRetention } from './dpm.retention.js';
import { PurgeJob, RETENTION } from './purge/purge.job.js';
import { RunMemory } from './runs/run.memory.js';
import { RunRepository } from './runs/run.repository.js';
import { MemoryRunRepository } from './runs/run.repository.memory.js';
import { SqlRunRepository } from './runs/run.repository.sql.js';
import { RunsController } from './runs/runs.controller.js';
import { RunsService } from './runs/runs.service.js';
import { SupportBundleController } from './support/support-bundle.controller.js';
import { SupportBundleService } from './support/support-bundle.service.js';
import { SupportSummaryController } from './support/support-summary.controller.js';
import { SupportSummaryService } from './support/support-summary.service.js';

@Module({})
export class DpmModule {
  static register({ database }: StoreBinding): DynamicModule {
    return {
      module: DpmModule,
      imports: [RedisModule],
      controllers: [
        RunsController,
        DecisionsController,
        OperationsController,
        LineageController,
        SupportBundleController,
        SupportSummaryController,
      ],
      providers: [
        SupportBundleService,
        SupportSummaryService,
        RunMemory,
        ...keyedRequests(database, DpmKeptAnswers),
        bindRepository(RunRepository, database, MemoryRunRepository, SqlRunRepository),
        bindRepository(
          DecisionRepository,
          database,
          MemoryDecisionRepository,
          SqlDecisionRepository,
        ),
        bindRepository(
          OperationRepository,
          database,
          MemoryOperationRepository,
          SqlOperationRepository,
        ),
        bindRepository(LineageRepository, database, MemoryLineageRepository, SqlLineageRepository),
        RunsService,
        DecisionsService,
        OperationsService,
        LineageService,
        retention(database),
        PurgeJob,
      ],
    };
  }
}

/** A store in memory is this process's own: nobody else could purge it. */
function retention(database: string | undefined): Provider {
  return database === undefined
    ? {
        provide: RETENTION,
        inject: [SETTINGS, RunRepository, OperationRepository, LineageRepository, KeptAnswers],
        useFactory:
          (
            settings: Settings,
            runs: RunRepository,
            operations: OperationRepository,
            lineage: LineageRepository,
            answers: KeptAnswers,
          ) =>
          () => ({
            rules: dpmRetentionRules(settings, { runs, operations, lineage, answers }, Date.now()),
            lease: SOLE_LEASE,
          }),
      }
    : {
        provide: RETENTION,
        inject: [SETTINGS, databaseToken(database), REDIS],
        useFactory: (settings: Settings, sql: SqlDatabase, redis: Redis | null) => {
          const gate = redis && new JobGate(redis, 'dpm:purge');
          return () => {
            const opened = openDpmRetention(settings, sql);
            return gate ? { ...opened, lease: new GatedLease(gate, opened.lease) } : opened;
          };
        },
      };
}
