import { describe, expect, it } from '@jest/globals';
import { judgeDsn } from '@holdfast/guard/dsn';
import { violationsOf } from './judge.js';

function fixOf(text: string): string {
  const verdict = judgeDsn(text);
  if ('dsn' in verdict) throw new Error('it is not refused');
  return verdict.faults[0].fix ?? '';
}

describe('a connection string of another form is rewritten with what is asked of the connection', () => {
  it.each([
    [
      'jdbc:postgresql://h:5432/x?user=u&password=S3&sslmode=verify-full&sslrootcert=/ca.pem',
      'postgresql://u:***@h:5432/x?sslmode=verify-full&sslrootcert=/ca.pem,',
    ],
    [
      'jdbc:postgresql://a:1,b:2/x?user=u&password=S3&targetServerType=primary&ssl=true',
      'postgresql://u:***@a:1,b:2/x?target_session_attrs=primary&sslmode=verify-full,',
    ],
    [
      'postgresql+psycopg2://u:S3@h/x?sslmode=verify-full',
      'postgresql://u:***@h:5432/x?sslmode=verify-full.',
    ],
    [
      'postgresql+asyncpg://u:S3@h/x?ssl=verify-full',
      'postgresql://u:***@h:5432/x?sslmode=verify-full.',
    ],
    ['postgis://u:S3@h/x?sslmode=prefer', 'postgresql://u:***@h:5432/x?sslmode=require.'],
    ['postgis://u:S3@h/x?host=/run', 'postgresql://u:***@h:5432/x?host=/run.'],
    [
      'host=h port=5432 dbname=x user=u password=S3 sslmode=verify-full sslrootcert=/ca.pem',
      'postgresql://u:***@h:5432/x?sslmode=verify-full&sslrootcert=/ca.pem,',
    ],
    [
      'host=a,b port=1,2 dbname=x user=u password=S3 target_session_attrs=read-write',
      'postgresql://u:***@a:1,b:2/x?target_session_attrs=read-write,',
    ],
    [
      "host=h dbname='my db' user=u password='a S3' sslmode='verify-full'",
      'postgresql://u:***@h:5432/my%20db?sslmode=verify-full,',
    ],
    ["host=h dbname=x user=u password='a S3'", 'postgresql://u:***@h:5432/x,'],
    [
      'postgresql+asyncpg://app:a@S3/S3.b?@db.internal/x',
      'postgresql://USER:PASSWORD@HOST:5432/DATABASE.',
    ],
    [
      'jdbc:postgresql://h/x?sslmode=verify-ca',
      'postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-ca,',
    ],
  ])('%s', (text, expected) => {
    expect(fixOf(text)).toContain(`Write it as ${expected}`);
    expect(fixOf(text)).not.toMatch(/S3|quotes/);
  });

  it.each([
    ['postgresql+psycopg2://u:S3@h:5433/x?host=other.ex.com', 'host'],
    ['postgresql+psycopg2://u:S3@h/x?sslpassword=S3&hostaddr=10.0.0.1', 'sslpassword, hostaddr'],
    ['jdbc:postgresql://h/x?user=u&password=S3&S3$=1', 'one that is not known'],
    ['host=h dbname=x user=u password=S3 service=prod', 'service'],
    // What stands before a = may be of a password that has no quotes.
    ['host=h dbname=x user=u password=a bS3c=d', 'one that is not known'],
    ['bS3c=d', 'one that is not known'],
  ])('%s names what is lost: %s', (text, names) => {
    expect(fixOf(text)).toContain(`Left out of it: ${names};`);
    expect(fixOf(text)).not.toContain('S3');
  });
});

describe('a port in DB_HOST', () => {
  it.each(['db.internal:5433', '[::1]:5433', '10.0.0.1:x'.replace('x', '5433'), 'db:'])(
    '%s is told where it belongs',
    (host) => {
      const [fault, ...others] = violationsOf({
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        ...{ DB_HOST: host, DB_NAME: 'x', DB_USER: 'u' },
      });
      expect(others).toEqual([]);
      expect(fault).toMatchObject({ code: 'DSN_MALFORMED', variable: 'DB_HOST' });
      expect(fault?.fix).toContain('DB_PORT');
    },
  );

  it.each(['::1', '[::1]', 'db.internal'])('is none in %s', (host) => {
    expect(
      violationsOf({
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        ...{ DB_HOST: host, DB_NAME: 'x', DB_USER: 'u' },
      }),
    ).toEqual([]);
  });
});
