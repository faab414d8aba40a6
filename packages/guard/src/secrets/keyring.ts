import { ReasonError } from '../reasons.js';
import type { ReadFile } from '../read-environment.js';
import type { ProcessEnvironment } from '../read-given.js';
import { violation, type Violation } from '../violation.js';
import { decryptValue } from './encrypted-value.js';
import { KEY_FILE_VARIABLE, keyFileIn, readSecretKeys } from './key-file.js';
import type { SecretKeys } from './secret-keys.js';

/** Opens the encrypted values of one environment. */
export interface Keyring {
  /** Absent where none is given. */
  readonly file?: string;
  /** What is wrong with the key file; told once, whatever is encrypted. */
  readonly violations: readonly Violation[];
  /**
   * @param name by which the variable is given, and told
   * @returns the text of an encrypted value, or why there is none; neither where that is told of the key file
   */
  open(variable: string, value: string, name: string): Opened;
}

export interface Opened {
  readonly text?: string;
  readonly violation?: Violation;
}

/** Reads the key file, if one is given, also where nothing is encrypted: what is wrong with it is told before it is needed. */
export function keyringOf(environment: ProcessEnvironment, readFile: ReadFile): Keyring {
  const file = keyFileIn(environment);
  if (file === undefined) return WITHOUT_KEYS;
  try {
    const keys = readSecretKeys(file, readFile);
    return { file, violations: [], open: (...value) => opened(keys, ...value) };
  } catch (error) {
    return { file, violations: [told(KEY_FILE_VARIABLE, error)], open: () => ({}) };
  }
}

const WITHOUT_KEYS: Keyring = {
  violations: [],
  open: (_variable, _value, name) => ({
    violation: violation(
      'SECRET_KEY_MISSING',
      name,
      `holds an encrypted value, and ${KEY_FILE_VARIABLE} is not set`,
    ),
  }),
};

function opened(keys: SecretKeys, variable: string, value: string, name: string): Opened {
  try {
    return { text: decryptValue(value, keys, variable) };
  } catch (error) {
    return { violation: told(name, error) };
  }
}

function told(name: string, error: unknown): Violation {
  if (!(error instanceof ReasonError)) throw error;
  return violation(error.code, name, error.message);
}
