import type { Instant } from '@holdfast/core/instant';
import type { Caller } from '@holdfast/nest/auth/caller';

/** Counts the changes of all others that PUT /api/settings makes: its `version` is that of the settings. */
export const REVISION = 'revision';
export const SYNC_RESPONSE_SECONDS_KEY = 'sync_response_seconds';
export const RESULT_TTL_HOURS_KEY = 'result_ttl_hours';
/** A PHC string. */
export const INGEST_PASSWORD_KEY = 'ingest_password';

/** The variables by which the keys of providers are given, and for which stored ones are encrypted. */
export const KEY_VARIABLES = {
  gemini: 'GEMINI_API_KEY',
  turbotext: 'TURBOTEXT_API_KEY',
} as const;

/** A provider that has to be given a key. */
export type KeyedProvider = keyof typeof KEY_VARIABLES;

export const KEYED_PROVIDERS = Object.keys(KEY_VARIABLES) as readonly KeyedProvider[];

/** Of an `enc:` value; empty where the key was taken away. */
export const providerKeyOf = (provider: KeyedProvider) => `provider_key.${provider}`;

/** Of the moment since when a slot's jobs count, in microseconds as columns of times on SQLite. */
export const statsSinceOf = (slotId: string) => `${STATS_SINCE}${slotId}`;

export const STATS_SINCE = 'stats_since.';

/** What is written of a setting beside its key. */
export interface Written {
  readonly at: Instant;
  readonly by: string | null;
}

/** Now, by who calls; nobody where callers prove nothing. */
export function writtenBy(caller: Caller | null): Written {
  return { at: new Date().toISOString(), by: caller?.subject ?? null };
}
