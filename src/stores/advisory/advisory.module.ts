import { type DynamicModule, Module } from '@nestjs/common';
import { bindRepository } from '@holdfast/nest/database/database.module';
import { keyedRequests } from '../keyed-requests.providers.js';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { AdvisoryKeptAnswers } from './advisory.kept-answers.js';
import { ProposalRepository } from './proposal.repository.js';
import { MemoryProposalRepository } from './proposal.repository.memory.js';
import { SqlProposalRepository } from './proposal.repository.sql.js';
import { ProposalsController } from './proposals.controller.js';
import { ProposalsService } from './proposals.service.js';

@Module({})
export class AdvisoryModule {
  static register({ database }: StoreBinding): DynamicModule {
    return {
      module: AdvisoryModule,
      controllers: [ProposalsController],
      providers: [
        ProposalsService,
        ...keyedRequests(database, AdvisoryKeptAnswers),
        bindRepository(
          ProposalRepository,
          database,
          MemoryProposalRepository,
          SqlProposalRepository,
        ),
      ],
    };
  }
}
