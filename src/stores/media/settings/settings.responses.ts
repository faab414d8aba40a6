import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { type KeyedProvider, KEYED_PROVIDERS } from './setting-keys.js';
import type { SettingsView } from './settings-view.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

const providerKey = lazySchema(() =>
  z.strictObject({
    configured: z.boolean(),
    updated_at: time().nullable().meta({
      description: 'When it was stored; null where there is none, or where its variable gives it.',
    }),
  }),
);

export const SettingsBody = lazySchema(() =>
  z
    .strictObject({
      sync_response_seconds: z.int(),
      result_ttl_hours: z.int(),
      ingest_password_rotated_at: time().nullable().meta({
        description: 'Null where there is no password: nobody can send photos.',
      }),
      provider_keys: z.strictObject(
        Object.fromEntries(KEYED_PROVIDERS.map((name) => [name, providerKey()])),
      ),
      version: z.int().meta({ description: 'Counts the changes; a change needs the last.' }),
      updated_at: time().nullable(),
      updated_by: z.string().nullable(),
    })
    .meta({ id: 'MediaSettings' }),
);

/** @param isGiven whether the variable of a provider gives its key */
export function settingsBody(view: SettingsView, isGiven: (provider: KeyedProvider) => boolean) {
  const { syncResponseSeconds, resultTtlHours } = view.current;
  return {
    sync_response_seconds: syncResponseSeconds,
    result_ttl_hours: resultTtlHours,
    ingest_password_rotated_at: view.passwordRotatedAt,
    provider_keys: Object.fromEntries(
      KEYED_PROVIDERS.map((provider) => {
        const stored = view.providerKey(provider);
        const configured = stored !== undefined || isGiven(provider);
        return [provider, { configured, updated_at: stored?.updatedAt ?? null }];
      }),
    ),
    version: view.version,
    updated_at: view.changed?.updatedAt ?? null,
    updated_by: view.changed?.updatedBy ?? null,
  };
}
