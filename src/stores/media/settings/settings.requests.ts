import { z } from 'zod';
import { wholeWithin } from '@holdfast/nest/http/fields';
import {
  INGEST_PASSWORD_LENGTH,
  RESULT_TTL_HOURS,
  SYNC_RESPONSE_SECONDS,
} from '../media.variables.js';
import { KEYED_PROVIDERS } from './setting-keys.js';

const MOST_KEY = 4096;

const key = z.string().trim().min(1).max(MOST_KEY).nullable().exactOptional();

export const PutSettings = z
  .strictObject({
    version: z.int().min(0).meta({ description: 'The version that was read.' }),
    sync_response_seconds: wholeWithin(
      SYNC_RESPONSE_SECONDS.least,
      SYNC_RESPONSE_SECONDS.most,
    ).exactOptional(),
    result_ttl_hours: wholeWithin(RESULT_TTL_HOURS.least, RESULT_TTL_HOURS.most).exactOptional(),
    ingest_password: z
      .string()
      .min(INGEST_PASSWORD_LENGTH.least)
      .max(INGEST_PASSWORD_LENGTH.most)
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
