import { z } from 'zod';
import { RESULT_TTL_HOURS, SYNC_RESPONSE_SECONDS } from '../media.variables.js';
import { KEYED_PROVIDERS } from './setting-keys.js';

/** What nobody guesses while the log-in of senders is bounded by one hash at a time. */
const LEAST_PASSWORD = 12;
const MOST_PASSWORD = 256;
const MOST_KEY = 4096;

const key = z.string().trim().min(1).max(MOST_KEY).nullable().exactOptional();

export const PutSettings = z
  .strictObject({
    version: z.int().min(0).meta({ description: 'The version that was read.' }),
    sync_response_seconds: z
      .int()
      .min(SYNC_RESPONSE_SECONDS.least)
      .max(SYNC_RESPONSE_SECONDS.most)
      .exactOptional(),
    result_ttl_hours: z
      .int()
      .min(RESULT_TTL_HOURS.least)
      .max(RESULT_TTL_HOURS.most)
      .exactOptional(),
    ingest_password: z
      .string()
      .min(LEAST_PASSWORD)
      .max(MOST_PASSWORD)
      .exactOptional()
      .meta({ description: 'The new password of those who send photos.' }),
    provider_keys: z
      .strictObject(Object.fromEntries(KEYED_PROVIDERS.map((name) => [name, key])))
      .exactOptional()
      .meta({
        description: 'Keys by provider; null takes the stored one away, and its variable holds.',
      }),
  })
  .meta({ id: 'PutMediaSettingsRequest' });
