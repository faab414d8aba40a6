import { Secret } from '@holdfast/core/secret';
import { rememberSecrets } from '@holdfast/guard/renewed-password';
import { readSecretFile } from '@holdfast/guard/secrets/secret-file';
import { ReasonError } from './proof.reasons.js';

/** The running service that is looked at. */
export interface ProvedService {
  readonly url: URL;
  /** Where it answers what operators look at; the same, unless that has a port of its own. */
  readonly operationsUrl: URL;
  /** Of a caller with the scope ops:read. */
  readonly token?: ProvedToken;
}

export interface ProvedToken {
  readonly value: Secret;
  /** That it was read from, as it was given. */
  readonly file: string;
}

/**
 * A token, which is masked from then on like any secret.
 * @throws SECRET_FILE_UNREADABLE
 */
export async function readToken(file: string): Promise<ProvedToken> {
  const text = await readSecretFile({ path: file, variable: '--token-file' }).catch(
    (cause: unknown) => {
      throw new ReasonError('SECRET_FILE_UNREADABLE', {
        detail: '--token-file cannot be read',
        cause,
      });
    },
  );
  const value = new Secret(text.trim());
  if (!/^[\w.~+/-]+=*$/.test(value.reveal()))
    throw new ReasonError('SECRET_FILE_UNREADABLE', { detail: '--token-file holds no token' });
  rememberSecrets([value]);
  return { value, file };
}
