import { isOneStepOff } from './variable-names.js';

/** Without one of these, connections are less safe than they were meant to be. */
const NAMES = ['DB_SSL_MODE', 'DB_SSL_CA_FILE'];

/**
 * The variable of the encryption that a name which is not read is nearly: `DB_SSLMODE`, `DBSSLMODE`. It is
 * refused under every profile.
 */
export function encryptionName(meant: string): string | undefined {
  const plain = meant.replaceAll('_', '');
  return NAMES.find((name) => {
    const wanted = name.replaceAll('_', '');
    return plain === wanted || isOneStepOff(plain, wanted);
  });
}
