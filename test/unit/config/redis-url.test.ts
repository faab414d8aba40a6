import { describe, expect, it } from '@jest/globals';
import { maskRedisUrl } from '@holdfast/guard/redis-url';
import { readEnvironment } from '@holdfast/guard/read-environment';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import { service } from '../../../src/service.js';

const nothing = () => {
  throw Object.assign(new Error('no files'), { code: 'ENOENT' });
};

function violationsOf(url: string) {
  const environment = { APP_PERSISTENCE_PROFILE: 'LOCAL', REDIS_URL: url };
  const verdict = judgeSettings(readEnvironment(environment, service, nothing), service, nothing);
  return 'violations' in verdict ? verdict.violations : [];
}

describe('a password in REDIS_URL', () => {
  const raw = [
    'p@ss',
    'p#ss',
    'p/ss',
    'p?ss',
    'p%ss',
    '1234#5',
    '12/5',
    '12?5',
    'p ss',
    'p%E0ss',
    '@',
    '%',
  ];

  it.each(
    raw.flatMap((password) => [
      `redis://:${password}@cache:6379/0`,
      `rediss://app:${password}@cache`,
    ]),
  )('is refused with a way out where it is not encoded: %s', (url) => {
    const [violation, ...others] = violationsOf(url);
    expect(others).toEqual([]);
    expect(violation).toMatchObject({ code: 'DSN_PASSWORD_NOT_ENCODED', variable: 'REDIS_URL' });
    expect(violation.fix).toMatch(/redis:\/\/:PASSWORD@HOST.*%40/);
    expect(JSON.stringify(violation)).not.toContain('cache');
  });

  it.each(raw.filter((password) => password !== 'p%E0ss'))(
    'is taken where it is encoded: %s',
    (password) => {
      expect(violationsOf(`redis://:${encodeURIComponent(password)}@cache:6379/0`)).toEqual([]);
    },
  );

  it('needs a colon before it', () => {
    const [violation] = violationsOf('redis://hunter2@cache');
    expect(violation).toMatchObject({ code: 'SETTING_INVALID', variable: 'REDIS_URL' });
    expect(violation.fix).toContain('redis://:PASSWORD@HOST');
    expect(violationsOf('redis://app@cache?password=x')).toEqual([]);
  });
});

describe('the printable form of REDIS_URL', () => {
  it.each([
    ['redis://:secret@cache:6379/0', 'redis://:***@cache:6379/0'],
    ['rediss://app:secret@cache:6380/1', 'rediss://app:***@cache:6380/1'],
    ['redis://cache', 'redis://cache'],
    ['redis://secret@cache', 'redis://***@cache'],
    ['redis://cache:6379?password=secret&db=2', 'redis://cache:6379'],
    ['redis://:secret@[::1]:6379', 'redis://:***@[::1]:6379'],
  ])('%s', (url, masked) => {
    expect(maskRedisUrl(url)).toBe(masked);
  });
});
