import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { bindRepository } from '@holdfast/nest/database/database.module';
import { closeRoutes } from '@holdfast/nest/http/closed-route';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { PolicyPackRepository } from './policy-pack.repository.js';
import { MemoryPolicyPackRepository } from './policy-pack.repository.memory.js';
import { SqlPolicyPackRepository } from './policy-pack.repository.sql.js';
import { PolicyPacksController } from './policy-packs.controller.js';
import { policyPacksVariables } from './policy-packs.variables.js';
import { PolicyPacksService } from './policy-packs.service.js';

@Module({})
export class PolicyPacksModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    const values = valuesOf(this.settings, policyPacksVariables);
    if (values.DPM_POLICY_PACK_ADMIN_APIS_ENABLED) return;
    closeRoutes(
      this.host,
      'POLICY_PACKS_DISABLED',
      (method, pattern) =>
        pattern.startsWith('/rebalance/policies') && !['GET', 'HEAD'].includes(method),
    );
  }

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
