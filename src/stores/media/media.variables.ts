import Joi from 'joi';
import { flag, oneOf, secret, text, variable, whole } from '@holdfast/guard/variable';

const url = (meaning: string) =>
  variable<string | undefined>(
    Joi.string()
      .trim()
      .uri({ scheme: ['http', 'https'] }),
    'an http:// or https:// URL',
    meaning,
  );

/** What may be changed while it runs, and by how much. */
export const SYNC_RESPONSE_SECONDS = { least: 10, most: 60 } as const;
export const RESULT_TTL_HOURS = { least: 1, most: 720 } as const;

/** In characters: what nobody guesses while the log-in of senders is bounded by one hash at a time. */
export const INGEST_PASSWORD_LENGTH = { least: 12, most: 256 } as const;

/** Slots, where the files of photos are, and who changes them. */
export const mediaVariables = {
  MEDIA_ENABLED: flag(false, 'turns the media store on: slots that take photos in'),
  MEDIA_FILES: oneOf(
    ['folder', 's3'],
    'where the files of the media store are: in MEDIA_ROOT, or in a bucket; s3 under PRODUCTION, unless MEDIA_ROOT_DURABLE says otherwise',
    'folder',
  ),
  MEDIA_ROOT: variable<string>(
    Joi.string().trim().default('data/media'),
    'a path',
    'folder of the files under MEDIA_FILES=folder; it is created',
  ),
  MEDIA_ROOT_DURABLE: flag(
    false,
    'says that MEDIA_ROOT outlives the machine, and that all instances have it: PRODUCTION takes a folder then',
  ),
  MEDIA_S3_ENDPOINT: url('URL of S3, or of a server that speaks as it does, under MEDIA_FILES=s3'),
  MEDIA_S3_BUCKET: text('bucket of the files under MEDIA_FILES=s3'),
  MEDIA_S3_REGION: text('region that requests are signed for; by default us-east-1'),
  MEDIA_S3_ACCESS_KEY_ID: text('id of the key that requests are signed with'),
  MEDIA_S3_SECRET_ACCESS_KEY: secret('secret key that requests are signed with'),
  RESULT_TTL_HOURS: whole(
    RESULT_TTL_HOURS.least,
    RESULT_TTL_HOURS.most,
    72,
    'hours from the start of a job to the end of its result; the first value, PUT /api/settings changes it',
  ),
  T_SYNC_RESPONSE_SECONDS: whole(
    SYNC_RESPONSE_SECONDS.least,
    SYNC_RESPONSE_SECONDS.most,
    48,
    'seconds from the first byte of a photo to its answer, after which its temporary files are gone; the first value, PUT /api/settings changes it',
    { aliases: ['TEMP_TTL_SECONDS'] },
  ),
  INGEST_PASSWORD: secret(
    'password of those who send photos: the first one, PUT /api/settings changes it; without one nobody can send any',
    INGEST_PASSWORD_LENGTH.least,
    INGEST_PASSWORD_LENGTH.most,
  ),
  INGEST_HARD_LIMIT_MB: whole(
    1,
    2048,
    2048,
    'MiB that no photo may exceed, whatever its slot says',
  ),
  INGEST_PARALLEL: whole(1, 1000, 30, 'photos that an instance works on at once'),
  MEDIA_CLEANUP_INTERVAL_SECONDS: whole(
    0,
    86_400,
    900,
    'seconds from one removal of expired files to the next; 0: only `holdfast media cleanup` does it',
  ),
  PUBLIC_MEDIA_BASE_URL: url(
    'URL under which providers and everybody else reach /public; without it nothing is given to a provider by URL',
  ),
  GEMINI_API_KEY: secret('key of Gemini, unless PUT /api/settings gives one'),
  GEMINI_BASE_URL: url('URL of Gemini; by default https://generativelanguage.googleapis.com'),
  TURBOTEXT_API_KEY: secret('key of Turbotext, unless PUT /api/settings gives one'),
  TURBOTEXT_BASE_URL: url('URL of Turbotext; by default https://www.turbotext.ru'),
};
