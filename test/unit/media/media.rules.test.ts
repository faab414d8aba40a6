import { describe, expect, it } from '@jest/globals';
import { judgeEnvironment } from '@holdfast/guard/validation-schema';
import { valuesOf } from '@holdfast/guard/values-of';
import { service } from '../../../src/service.js';
import { mediaVariables } from '../../../src/stores/media/media.variables.js';
import { PutSettings } from '../../../src/stores/media/settings/settings.requests.js';
import { WITHOUT_CALLERS } from '../../support/without-callers.js';

type Texts = Readonly<Record<string, string>>;

const DATABASE_URL = 'postgresql://app:secret@db.internal:5432/holdfast';
const ON = { MEDIA_ENABLED: 'true' };
const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', ...ON };
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL, ...ON };
const BUCKET = {
  MEDIA_FILES: 's3',
  MEDIA_S3_ENDPOINT: 'https://s3.example.com',
  MEDIA_S3_BUCKET: 'photos',
  MEDIA_S3_ACCESS_KEY_ID: 'id',
  MEDIA_S3_SECRET_ACCESS_KEY: 'the secret key',
};
const FOLDER = 'PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES MEDIA_FILES';

function verdictOf(environment: Texts) {
  const readFile = () => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  return judgeEnvironment({ ...WITHOUT_CALLERS, ...environment }, service, readFile).verdict;
}

function faultsOf(environment: Texts): readonly string[] {
  const verdict = verdictOf(environment);
  const violations = 'violations' in verdict ? verdict.violations : [];
  return violations.map(({ code, variable }) => `${code} ${variable}`);
}

describe('where the files of the media store may be', () => {
  it.each<[string, Texts, readonly string[]]>([
    ['a folder under LOCAL', LOCAL, []],
    ['a folder under PRODUCTION', PRODUCTION, [FOLDER]],
    ['a folder that is asked for', { ...PRODUCTION, MEDIA_FILES: 'folder' }, [FOLDER]],
    ['a folder that lasts', { ...PRODUCTION, MEDIA_ROOT_DURABLE: 'true' }, []],
    ['a bucket', { ...PRODUCTION, ...BUCKET }, []],
    ['a store that is off', { ...PRODUCTION, MEDIA_ENABLED: 'false' }, []],
    [
      'a bucket of which nothing is said, under LOCAL too',
      { ...LOCAL, MEDIA_FILES: 'S3' },
      [
        'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_ENDPOINT',
        'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_BUCKET',
        'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_ACCESS_KEY_ID',
        'MEDIA_FILES_S3_INCOMPLETE MEDIA_S3_SECRET_ACCESS_KEY',
      ],
    ],
    [
      'what is refused for what it says, for that alone',
      { ...PRODUCTION, MEDIA_FILES: 'tape' },
      ['SETTING_INVALID MEDIA_FILES'],
    ],
    [
      'an endpoint that is no URL, for that alone',
      { ...PRODUCTION, ...BUCKET, MEDIA_S3_ENDPOINT: 's3.example.com' },
      ['SETTING_INVALID MEDIA_S3_ENDPOINT'],
    ],
    [
      'an endpoint with more than an address, and a region that is none',
      {
        ...PRODUCTION,
        ...BUCKET,
        MEDIA_S3_ENDPOINT: 'https://s3.example.com/?key=secret',
        MEDIA_S3_REGION: 'eu west',
      },
      ['MEDIA_FILES_S3_INVALID MEDIA_S3_ENDPOINT', 'MEDIA_FILES_S3_INVALID MEDIA_S3_REGION'],
    ],
    ...['Has Spaces/..', 'Photos', 'a/b', 'ab', 'a..b', '-ab', '10.0.0.1', 'a'.repeat(64)].map(
      (name): [string, Texts, readonly string[]] => [
        `a bucket that is called ${name}`,
        { ...LOCAL, ...BUCKET, MEDIA_S3_BUCKET: name },
        ['MEDIA_FILES_S3_INVALID MEDIA_S3_BUCKET'],
      ],
    ),
    ['a bucket with dots', { ...LOCAL, ...BUCKET, MEDIA_S3_BUCKET: 'photos.of-2026' }, []],
    ['a folder beside a bucket that is none', { ...LOCAL, MEDIA_S3_BUCKET: 'Not One' }, []],
    [
      'a flag that is none, for that alone',
      { ...PRODUCTION, MEDIA_ROOT_DURABLE: 'perhaps' },
      ['SETTING_INVALID MEDIA_ROOT_DURABLE'],
    ],
    [
      'a secret in a file that is not there, for that alone',
      {
        ...Object.fromEntries(
          Object.entries({ ...PRODUCTION, ...BUCKET }).filter(
            ([name]) => name !== 'MEDIA_S3_SECRET_ACCESS_KEY',
          ),
        ),
        MEDIA_S3_SECRET_ACCESS_KEY_FILE: '/nowhere',
      },
      ['SECRET_FILE_UNREADABLE MEDIA_S3_SECRET_ACCESS_KEY_FILE'],
    ],
  ])('%s', (_, environment, faults) => {
    expect(faultsOf(environment)).toEqual(faults);
  });

  it('is told of PRODUCTION by who asks under LOCAL', () => {
    const verdict = verdictOf({ ...LOCAL, APP_PERSISTENCE_SHADOW_PROFILE: 'PRODUCTION' });
    const shadow = 'settings' in verdict ? verdict.settings.shadow : [];
    expect(shadow.map(({ code }) => code)).toContain('PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES');
  });
});

describe('the variables of the media store', () => {
  const valuesIn = (environment: Texts) => {
    const verdict = verdictOf(environment);
    if ('violations' in verdict) throw new Error(faultsOf(environment).join());
    return valuesOf(verdict.settings, mediaVariables);
  };

  it('have the defaults of the contract', () => {
    expect(valuesIn({})).toMatchObject({
      MEDIA_ENABLED: false,
      MEDIA_FILES: 'folder',
      MEDIA_ROOT: 'data/media',
      MEDIA_ROOT_DURABLE: false,
      RESULT_TTL_HOURS: 72,
      T_SYNC_RESPONSE_SECONDS: 48,
      INGEST_HARD_LIMIT_MB: 2048,
      INGEST_PARALLEL: 30,
      MEDIA_CLEANUP_INTERVAL_SECONDS: 900,
      INGEST_PASSWORD: undefined,
      PUBLIC_MEDIA_BASE_URL: undefined,
    });
  });

  it.each([
    ['RESULT_TTL_HOURS', '0', '721'],
    ['T_SYNC_RESPONSE_SECONDS', '9', '61'],
    ['TEMP_TTL_SECONDS', '9', '61'],
    ['INGEST_HARD_LIMIT_MB', '0', '2049'],
    ['INGEST_PARALLEL', '0', '1001'],
    ['MEDIA_CLEANUP_INTERVAL_SECONDS', '-1', '86401'],
    ['INGEST_PASSWORD', 'open-sesame', 'x'.repeat(257)],
  ])('%s is refused below %s + 1 and above %s - 1', (name, low, high) => {
    for (const text of [low, high]) {
      expect(faultsOf({ ...LOCAL, [name]: text })).toEqual([`SETTING_INVALID ${name}`]);
    }
  });

  it('has TEMP_TTL_SECONDS as another name of T_SYNC_RESPONSE_SECONDS', () => {
    expect(valuesIn({ TEMP_TTL_SECONDS: '20' }).T_SYNC_RESPONSE_SECONDS).toBe(20);
    const both = { T_SYNC_RESPONSE_SECONDS: '20', TEMP_TTL_SECONDS: '30' };
    expect(faultsOf(both)).toEqual(['SETTING_GIVEN_TWICE T_SYNC_RESPONSE_SECONDS']);
  });

  it('take a first password of senders if a later one could be like it', () => {
    for (const length of [11, 12, 256, 257]) {
      const password = 'x'.repeat(length);
      const isTaken = PutSettings.safeParse({ version: 0, ingest_password: password }).success;
      expect(faultsOf({ ...LOCAL, INGEST_PASSWORD: password }).length === 0).toBe(isTaken);
      expect(isTaken).toBe(length === 12 || length === 256);
    }
  });

  it.each([
    'INGEST_PASSWORD',
    'MEDIA_S3_SECRET_ACCESS_KEY',
    'GEMINI_API_KEY',
    'TURBOTEXT_API_KEY',
  ] as const)('%s is a secret', (name) => {
    const given = valuesIn({ ...LOCAL, [name]: 'a text that nobody sees' })[name];
    expect(given?.reveal()).toBe('a text that nobody sees');
    expect(JSON.stringify(given)).toBe('"***"');
  });
});
