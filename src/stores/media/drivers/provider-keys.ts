import type { Secret } from '@holdfast/core/secret';
import { ReasonError } from '../media.reasons.js';

/** The port of the providers' keys: of the settings that all replicas share, else of the environment. */
export abstract class ProviderKeys {
  /** @param name of the driver. @returns undefined where nobody has given one */
  abstract providerKey(name: string): Promise<Secret | undefined>;
}

/** @throws PROVIDER_FAILED where there is none; what looking it up throws */
export async function keyOf(keys: ProviderKeys, name: string): Promise<Secret> {
  const key = await keys.providerKey(name);
  if (key) return key;
  const variable = `${name.toUpperCase()}_API_KEY`;
  throw new ReasonError('PROVIDER_FAILED', {
    detail: `${name} has no key: give one by PUT /api/settings, or by ${variable}`,
  });
}
