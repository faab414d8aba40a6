import { Inject } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { ReadinessCheck, type ReadinessIndicator } from '@holdfast/nest/health/readiness-check';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { ReasonError } from './backup.reasons.js';
import { backupVariables } from './backup.variables.js';
import { judgeAge, ProofAge } from './folder/proof-age.js';

/** Without a backup the service works; whoever is on call ought to know. */
@ReadinessCheck({ name: 'backup', isRequired: false })
export class BackupCheck implements ReadinessIndicator {
  readonly #maxHours: number;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(ProofAge) private readonly age: ProofAge,
  ) {
    this.#maxHours = valuesOf(settings, backupVariables).BACKUP_MAX_AGE_HOURS;
  }

  async check(): Promise<string> {
    const { isStale, detail } = judgeAge(await this.age.seconds(), this.#maxHours);
    if (isStale) throw new ReasonError('RESTORE_PROOF_STALE', { detail });
    return detail;
  }
}
