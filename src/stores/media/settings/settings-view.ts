import type { Instant } from '@holdfast/core/instant';
import type { MediaSettings } from './media-settings.js';
import {
  INGEST_PASSWORD_KEY,
  type KeyedProvider,
  providerKeyOf,
  RESULT_TTL_HOURS_KEY,
  REVISION,
  SYNC_RESPONSE_SECONDS_KEY,
} from './setting-keys.js';
import type { Setting } from './setting.repository.js';

/** The settings as they are stored at one moment. */
export class SettingsView {
  readonly #byKey: ReadonlyMap<string, Setting>;

  /** @param first what holds where nothing is stored */
  constructor(
    rows: readonly Setting[],
    private readonly first: MediaSettings,
  ) {
    this.#byKey = new Map(rows.map((row) => [row.key, row]));
  }

  get(key: string): Setting | undefined {
    return this.#byKey.get(key);
  }

  get current(): MediaSettings {
    const { syncResponseSeconds, resultTtlHours } = this.first;
    return {
      syncResponseSeconds: this.#number(SYNC_RESPONSE_SECONDS_KEY) ?? syncResponseSeconds,
      resultTtlHours: this.#number(RESULT_TTL_HOURS_KEY) ?? resultTtlHours,
    };
  }

  /** 0 where nobody has changed anything. */
  get version(): number {
    return this.#byKey.get(REVISION)?.version ?? 0;
  }

  get changed(): Pick<Setting, 'updatedAt' | 'updatedBy'> | undefined {
    return this.#byKey.get(REVISION);
  }

  get passwordHash(): string | undefined {
    return this.#byKey.get(INGEST_PASSWORD_KEY)?.value;
  }

  get passwordRotatedAt(): Instant | null {
    return this.#byKey.get(INGEST_PASSWORD_KEY)?.updatedAt ?? null;
  }

  /** Undefined where none is stored. */
  providerKey(provider: KeyedProvider): Setting | undefined {
    const stored = this.#byKey.get(providerKeyOf(provider));
    return stored?.value === '' ? undefined : stored;
  }

  #number(key: string): number | undefined {
    const stored = this.#byKey.get(key);
    return stored && Number(stored.value);
  }
}
