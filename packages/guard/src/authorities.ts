import type { Values } from './environment.js';
import type { ReadFile } from './read-environment.js';
import { violation, type Violation } from './violation.js';

/** Certificate authorities to trust, in PEM; no text where none are named, or where they are refused. */
export interface Authorities {
  readonly text?: string;
  readonly violations: readonly Violation[];
}

/** Reads the file that a variable names. */
export function readAuthorities(
  values: Values,
  variable: 'DB_SSL_CA_FILE' | 'REDIS_TLS_CA_FILE',
  readFile: ReadFile,
): Authorities {
  const path = values[variable];
  if (path === undefined) return { violations: [] };
  try {
    const text = readFile(path);
    if (text.includes('-----BEGIN CERTIFICATE-----')) return { text, violations: [] };
  } catch {
    // Refused below: a file that cannot be read and one without a certificate have the same fix.
  }
  const message = 'must name a readable file with at least one certificate in PEM form';
  return { violations: [violation('SETTING_INVALID', variable, message)] };
}
