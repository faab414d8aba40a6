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
import { ReasonError } from './policy-packs.reasons.js';

const NEEDED = 'holdfast:policy-packs-needed';

/** The setting without which a route is as good as absent. */
export const Needs = (setting: keyof Settings['policyPacks']) => SetMetadata(NEEDED, setting);

@Injectable()
export class PolicyPacksGuard implements CanActivate {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly reflector: Reflector,
  ) {}

  /** @throws POLICY_PACKS_DISABLED, before the request is looked at */
  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.get<keyof Settings['policyPacks'] | undefined>(
      NEEDED,
      context.getHandler(),
    );
    if (needed && !this.settings.policyPacks[needed])
      throw new ReasonError('POLICY_PACKS_DISABLED');
    return true;
  }
}
