import { unquoted } from '../given-text.js';
import { type Given, quotesAround } from '../read-given.js';
import type { Variable } from '../variable.js';
import { isEncrypted } from './encrypted-value.js';
import type { Keyring } from './keyring.js';

/**
 * What is given, with the text of an encrypted value in its place. Only a secret, and what else may be a
 * file, can be encrypted.
 */
export function decrypted(name: string, variable: Variable, given: Given, keyring: Keyring): Given {
  if (given.text === undefined || !variable.fromFile) return given;
  const { text, quoted } = unquoted(given.text);
  if (!isEncrypted(text)) return given;
  const { text: _, ...others } = given;
  // Of a password, quotes are a part: they are still refused here, where they are none.
  if (quoted) {
    const violations = [...given.violations, quotesAround(given.name)];
    return { ...others, isUnreadable: true, violations };
  }
  const opened = keyring.open(name, text, given.name);
  if (opened.text !== undefined) return { ...given, text: opened.text };
  const violations = [...given.violations, ...(opened.violation ? [opened.violation] : [])];
  return { ...others, isUnreadable: true, violations };
}
