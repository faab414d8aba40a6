import { All, Controller, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RequiresScope } from '@holdfast/nest/auth/access';
import { closeRoutes } from '@holdfast/nest/http/closed-route';
import { ReasonError } from './policy-packs.reasons.js';

const PREFIX = 'rebalance/policies';

@Controller(PREFIX)
class PolicyPacksOffController {
  /** @throws POLICY_PACKS_DISABLED, whatever is asked for */
  @All(['', '*'])
  @RequiresScope('policies:read')
  refuse(): never {
    throw new ReasonError('POLICY_PACKS_DISABLED');
  }
}

/** Answers for the catalogue while it is turned off. */
@Module({ controllers: [PolicyPacksOffController] })
export class PolicyPacksOffModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    closeRoutes(this.host, 'POLICY_PACKS_DISABLED', (_, pattern) =>
      pattern.startsWith(`/${PREFIX}`),
    );
  }
}
