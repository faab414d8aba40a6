import { Encrypter } from 'age-encryption';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { ReasonError } from '../backup.reasons.js';
import { backupVariables } from '../backup.variables.js';

/** Whom files are encrypted for, and what does so. */
export interface Recipients {
  /** As the manifest names them. */
  readonly names: readonly string[];
  readonly encrypter: Encrypter;
}

/** Undefined where files are not encrypted. @throws BACKUP_KEY_INVALID */
export function recipientsOf(settings: Settings): Recipients | undefined {
  const { BACKUP_AGE_RECIPIENTS } = valuesOf(settings, backupVariables);
  const names = [...new Set(BACKUP_AGE_RECIPIENTS?.split(/[\s,]+/).filter(Boolean))];
  if (names.length === 0) return undefined;
  const encrypter = new Encrypter();
  names.forEach((name, index) => {
    try {
      encrypter.addRecipient(name);
    } catch (cause) {
      // Not repeated: somebody may have given the secret one.
      throw new ReasonError('BACKUP_KEY_INVALID', {
        detail: `recipient ${index + 1} of BACKUP_AGE_RECIPIENTS is no public key of age's`,
        cause,
      });
    }
  });
  return { names, encrypter };
}
