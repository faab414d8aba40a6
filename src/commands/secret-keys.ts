import { readFile } from '@holdfast/guard/configure';
import { keyFileOf, readSecretKeys } from '@holdfast/guard/secrets/key-file';
import type { SecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { ReasonError } from '../reasons.js';

/** The keys of the file that is given, or of the one that HOLDFAST_SECRET_KEY_FILE names. @throws USAGE for neither */
export function secretKeys(given: string | undefined): SecretKeys {
  const file = given ?? keyFileOf(process);
  if (file === undefined) {
    throw new ReasonError('USAGE', {
      detail: 'there are no keys: give --key-file, or set HOLDFAST_SECRET_KEY_FILE',
    });
  }
  return readSecretKeys(file, readFile);
}
