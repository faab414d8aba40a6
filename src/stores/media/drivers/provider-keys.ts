import type { Secret } from '@holdfast/core/secret';

/** The port of the providers' keys: of the settings that all replicas share, else of the environment. */
export abstract class ProviderKeys {
  /** @param name of the driver. @returns undefined where nobody has given one */
  abstract providerKey(name: string): Promise<Secret | undefined>;
}
