import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { ReasonError } from './policy-packs.reasons.js';
import { policyPacksVariables } from './policy-packs.variables.js';

type Switch = keyof typeof policyPacksVariables;

const NEEDED = 'holdfast:policy-packs-needed';

/** The setting without which a route is as good as absent. */
export const Needs = (setting: Switch) => SetMetadata(NEEDED, setting);

@Injectable()
export class PolicyPacksGuard implements CanActivate {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly reflector: Reflector,
  ) {}

  /** @throws POLICY_PACKS_DISABLED, before the request is looked at */
  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.get<Switch | undefined>(NEEDED, context.getHandler());
    if (needed && !valuesOf(this.settings, policyPacksVariables)[needed])
      throw new ReasonError('POLICY_PACKS_DISABLED');
    return true;
  }
}
