import type { Chain } from '@holdfast/nest/cutover/chain';
import type { CheckContext } from '@holdfast/nest/cutover/context';
import { failed, passed } from '@holdfast/nest/cutover/finding';
import { valuesOf } from '@holdfast/guard/values-of';
import './backup.reasons.js';
import { backupVariables } from './backup.variables.js';
import { judgeAge, ProofAge } from './folder/proof-age.js';
import { askDatabases } from './own-databases.js';

/** Whether a backup that is young enough has been restored and compared. */
export function backupChain({ settings }: Pick<CheckContext, 'settings'>): Chain {
  const { BACKUP_DIR, BACKUP_MAX_AGE_HOURS } = valuesOf(settings, backupVariables);
  return {
    names: ['backup'],
    run: async (tell) => {
      const seconds = await new ProofAge(BACKUP_DIR, () => askDatabases(settings)).seconds();
      const { isStale, detail } = judgeAge(seconds, BACKUP_MAX_AGE_HOURS);
      tell('backup', isStale ? failed('RESTORE_PROOF_STALE', detail) : passed(detail));
    },
  };
}
