import { Inject, Injectable } from '@nestjs/common';
import type { Secret } from '@holdfast/core/secret';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { ProviderKeys } from '../drivers/provider-keys.js';
import { mediaVariables } from '../media.variables.js';
import { SealedKeys } from './sealed-keys.js';
import { KEY_VARIABLES, type KeyedProvider, KEYED_PROVIDERS } from './setting-keys.js';
import { SettingsCache } from './settings-cache.js';

/** The key of a provider that is stored, else that of its variable. */
@Injectable()
export class StoredProviderKeys extends ProviderKeys {
  /** By what is stored: the last key of each provider is opened once. */
  readonly #opened = new Map<KeyedProvider, { readonly sealed: string; readonly key: Secret }>();

  constructor(
    private readonly cache: SettingsCache,
    private readonly sealing: SealedKeys,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    super();
  }

  /** @throws PROVIDER_KEY_UNREADABLE */
  async providerKey(name: string): Promise<Secret | undefined> {
    const provider = KEYED_PROVIDERS.find((each) => each === name);
    if (provider === undefined) return undefined;
    const stored = (await this.cache.view()).providerKey(provider);
    if (!stored) return this.given(provider);
    const known = this.#opened.get(provider);
    if (known?.sealed === stored.value) return known.key;
    const key = this.sealing.open(provider, stored.value);
    this.#opened.set(provider, { sealed: stored.value, key });
    return key;
  }

  /** Of the variable. */
  given(provider: KeyedProvider): Secret | undefined {
    return valuesOf(this.settings, mediaVariables)[KEY_VARIABLES[provider]];
  }
}
