import { All, Controller, Module } from '@nestjs/common';
import { ReasonError } from '../../reasons.js';

@Controller('rebalance/policies')
class PolicyPacksOffController {
  /** @throws POLICY_PACKS_DISABLED, whatever is asked for */
  @All(['', '*'])
  refuse(): never {
    throw new ReasonError('POLICY_PACKS_DISABLED');
  }
}

/** Answers for the catalogue while it is turned off. */
@Module({ controllers: [PolicyPacksOffController] })
export class PolicyPacksOffModule {}
