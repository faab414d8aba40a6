import { Inject, Injectable } from '@nestjs/common';
import { Secret } from '@holdfast/core/secret';
import { readFile } from '@holdfast/guard/configure';
import { decryptValue, encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { readSecretKeys } from '@holdfast/guard/secrets/key-file';
import type { SecretKeys } from '@holdfast/guard/secrets/secret-keys';
import type { Settings } from '@holdfast/guard/settings';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { ReasonError } from '../media.reasons.js';
import { KEY_VARIABLES, type KeyedProvider } from './setting-keys.js';

/**
 * Encrypts and decrypts the keys of providers as `enc:` values, each for the variable that it could be given by. The
 * key file is read each time: it may have been rotated.
 */
@Injectable()
export class SealedKeys {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** @throws PROVIDER_KEY_REQUIRES_SECRET_KEY where there is no key to encrypt with, or none that can be read */
  seal(provider: KeyedProvider, key: string): string {
    const { secretKeyFile } = this.settings;
    if (secretKeyFile === undefined) throw new ReasonError('PROVIDER_KEY_REQUIRES_SECRET_KEY');
    return encryptValue(key, readKeys(secretKeyFile), KEY_VARIABLES[provider]);
  }

  /** @throws PROVIDER_KEY_UNREADABLE */
  open(provider: KeyedProvider, sealed: string): Secret {
    const { secretKeyFile } = this.settings;
    if (secretKeyFile === undefined) throw new ReasonError('PROVIDER_KEY_UNREADABLE');
    try {
      const keys = readSecretKeys(secretKeyFile, readFile);
      return new Secret(decryptValue(sealed, keys, KEY_VARIABLES[provider]));
    } catch (cause) {
      throw new ReasonError('PROVIDER_KEY_UNREADABLE', { cause });
    }
  }
}

function readKeys(path: string): SecretKeys {
  try {
    return readSecretKeys(path, readFile);
  } catch (cause) {
    throw new ReasonError('PROVIDER_KEY_REQUIRES_SECRET_KEY', { cause });
  }
}
