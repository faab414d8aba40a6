import { type DynamicModule, Module } from '@nestjs/common';
import { bindRepository } from '../../database/database.module.js';
import type { StoreBinding } from '../store.js';
import { PolicyPackRepository } from './policy-pack.repository.js';
import { MemoryPolicyPackRepository } from './policy-pack.repository.memory.js';
import { SqlPolicyPackRepository } from './policy-pack.repository.sql.js';
import { PolicyPacksController } from './policy-packs.controller.js';
import { PolicyPacksService } from './policy-packs.service.js';

@Module({})
export class PolicyPacksModule {
  static register({ database }: StoreBinding): DynamicModule {
    return {
      module: PolicyPacksModule,
      controllers: [PolicyPacksController],
      providers: [
        PolicyPacksService,
        bindRepository(
          PolicyPackRepository,
          database,
          MemoryPolicyPackRepository,
          SqlPolicyPackRepository,
        ),
      ],
    };
  }
}
