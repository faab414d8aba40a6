import { Injectable } from '@nestjs/common';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { hashPassword } from '@holdfast/nest/login/password';
import { ReasonError } from '../media.reasons.js';
import { SealedKeys } from './sealed-keys.js';
import {
  INGEST_PASSWORD_KEY,
  type KeyedProvider,
  providerKeyOf,
  RESULT_TTL_HOURS_KEY,
  REVISION,
  SYNC_RESPONSE_SECONDS_KEY,
  type Written,
} from './setting-keys.js';
import { type SettingChange, SettingRepository } from './setting.repository.js';
import { SettingsCache } from './settings-cache.js';
import type { SettingsView } from './settings-view.js';

/** What is to be changed; what is absent stays as it is. */
export interface SettingsUpdate {
  readonly syncResponseSeconds?: number;
  readonly resultTtlHours?: number;
  readonly ingestPassword?: string;
  /** Null takes the stored key away: that of the variable holds again. */
  readonly providerKeys?: Partial<Readonly<Record<KeyedProvider, string | null>>>;
}

@Injectable()
export class SettingsService {
  constructor(
    private readonly settings: SettingRepository,
    private readonly cache: SettingsCache,
    private readonly sealing: SealedKeys,
  ) {}

  get(): Promise<SettingsView> {
    return this.cache.read();
  }

  /**
   * Changes what is given, all of it or nothing.
   * @param version that was read
   * @throws STATE_CONFLICT, PROVIDER_KEY_REQUIRES_SECRET_KEY
   */
  async update(update: SettingsUpdate, version: number, written: Written): Promise<SettingsView> {
    const before = await this.get();
    if (before.version !== version) throw conflict(before);
    const texts = await this.#textsOf(update);
    if (texts.size === 0) return before;
    texts.set(REVISION, '');
    const stored = await this.settings.replace(
      [...texts].map(([key, value]) => changeOf(before, key, value, written)),
    );
    this.cache.forget();
    const after = await this.get();
    if (stored) return after;
    // Refused, and nobody else has changed anything.
    if (after.version === version) throwNotStored();
    throw conflict(after);
  }

  /** The values that are stored, by key: a password as a hash, keys encrypted. */
  async #textsOf(update: SettingsUpdate): Promise<Map<string, string>> {
    const { syncResponseSeconds, resultTtlHours, ingestPassword, providerKeys = {} } = update;
    const texts = new Map<string, string>();
    for (const [name, key] of Object.entries(providerKeys)) {
      const provider = name as KeyedProvider;
      texts.set(providerKeyOf(provider), key === null ? '' : this.sealing.seal(provider, key));
    }
    if (syncResponseSeconds !== undefined)
      texts.set(SYNC_RESPONSE_SECONDS_KEY, String(syncResponseSeconds));
    if (resultTtlHours !== undefined) texts.set(RESULT_TTL_HOURS_KEY, String(resultTtlHours));
    if (ingestPassword !== undefined)
      texts.set(INGEST_PASSWORD_KEY, await hashPassword(ingestPassword));
    return texts;
  }
}

/** The next version of one setting. */
export function changeOf(
  before: SettingsView,
  key: string,
  value: string,
  { at, by }: Written,
): SettingChange {
  const versionBefore = before.get(key)?.version ?? null;
  const version = (versionBefore ?? 0) + 1;
  return { setting: { key, value, version, updatedAt: at, updatedBy: by }, versionBefore };
}

function conflict({ version }: SettingsView): ReasonError {
  return new ReasonError('STATE_CONFLICT', { detail: `the settings have version ${version}` });
}
