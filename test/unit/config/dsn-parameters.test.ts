import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Dsn, type DsnFault, judgeDsn } from '@holdfast/guard/dsn';
import type { ReadFile } from '@holdfast/guard/read-environment';
import { createAuthority, issueCertificate } from '../../support/tls.js';
import { faultsOf, settingsOf } from './judge.js';

const BASE = 'postgresql://app:secret@db:5432/hold';
const readFile: ReadFile = (path) => readFileSync(path, 'utf8');

const judged = (text: string, hasAuthorities = false) =>
  judgeDsn(text, { readFile, hasAuthorities });

function accepted(query: string, hasAuthorities = false): Dsn {
  const verdict = judged(`${BASE}?${query}`, hasAuthorities);
  if ('dsn' in verdict) return verdict.dsn;
  throw new Error(JSON.stringify(verdict.faults));
}

function refused(text: string): readonly DsnFault[] {
  const verdict = judged(text);
  return 'faults' in verdict ? verdict.faults : [];
}

describe('a parameter is honoured', () => {
  it.each<[string, object]>([
    ['sslmode=no-verify', { sslMode: 'require' }],
    ['sslrootcert=system', { sslMode: 'verify-full' }],
    ['channel_binding=prefer', { channelBinding: 'prefer' }],
    ['channel_binding=require', { channelBinding: 'require', sslMode: 'require' }],
    ['sslnegotiation=direct', { directTls: true, sslMode: 'require' }],
    ['options=endpoint%3Dep-one', { options: 'endpoint=ep-one' }],
    ['options=--cluster=funky-1', { options: '--cluster=funky-1' }],
    ['options=-c%20work_mem%3D8MB%20--jit=off', { options: '-c work_mem=8MB --jit=off' }],
    ['options=-ctimezone=UTC%20-c%20app.tenant=7', { options: '-ctimezone=UTC -c app.tenant=7' }],
  ])('%s', (query, expected) => {
    expect(accepted(query)).toMatchObject(expected);
  });

  it('sslmode=verify-ca, where an authority is named', () => {
    expect(accepted('sslmode=verify-ca', true)).toMatchObject({ sslMode: 'verify-ca' });
  });
});

describe('a parameter of another tool is left out, and what to use in its place is told', () => {
  it.each([
    ['pgbouncer=true', 'pooler'],
    ['connection_limit=5', 'DB_POOL_SIZE'],
    ['pool_timeout=2', 'DB_POOL_TIMEOUT'],
    ['schema=public', 'search_path'],
    ['supa=base-pooler.x', 'not needed'],
    ['statement_cache_size=0', 'prepared statements'],
    ['keepalives_idle=30', 'kept alive'],
    ['gssencmode=disable', 'TLS'],
  ])('%s: %s', (query, told) => {
    const { ignored } = accepted(query);
    expect(ignored?.join()).toContain(told);
    expect(ignored?.join()).toContain(query.split('=', 1)[0]);
  });

  it('in the settings, by variable, for every string that is used', () => {
    const environment = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      DATABASE_URL: `${BASE}?pgbouncer=true`,
      MIGRATION_DATABASE_URL: `${BASE}?connection_limit=1`,
      DB_READ_REPLICA_URLS: `${BASE}?supa=x`,
    };
    expect(settingsOf(environment).ignoredParameters.map(({ variable }) => variable)).toEqual([
      'DATABASE_URL',
      'MIGRATION_DATABASE_URL',
      'DB_READ_REPLICA_URLS',
    ]);
  });
});

describe('a parameter is refused with what to write', () => {
  it.each([
    ['ssl=true', 'sslmode=verify-full'],
    ['ssl=false', 'sslmode=disable'],
    ['tls=0', 'sslmode=disable'],
    ['sslmode=prefer', 'sslmode=disable'],
    ['sslaccept=strict', 'verify-full'],
    ['target_session_attrs=standby', 'DB_READ_REPLICA_URLS'],
    ['schema=orders', 'search_path'],
    ['gssencmode=require', 'sslmode=require'],
    ['load_balance_hosts=random', 'in order'],
    ['user=other', 'before the @'],
    ['host=elsewhere', 'before the database'],
    ['port=6432', 'twice'],
    ['statement_timeout=5', 'DB_STATEMENT_TIMEOUT_MS'],
    ['options=-c%20search_path%3Devil', 'ALTER ROLE'],
    ['options=-c%20statement_timeout%3D0', 'DB_STATEMENT_TIMEOUT_MS'],
    ['options=--statement-timeout%3D0', 'DB_STATEMENT_TIMEOUT_MS'],
    ['options=-clock_timeout%3D0', 'DB_LOCK_TIMEOUT_MS'],
    ['options=-c%20default_transaction_read_only%3Don', 'writes'],
    ['options=-c%20synchronous_commit%3Doff', 'has to last'],
    ['options=-c%20session_replication_role%3Dreplica', 'guards'],
    ['options=-c%20role%3Dpostgres', 'ALTER ROLE'],
    ['options=-c%20session_authorization%3Dpostgres', 'ALTER ROLE'],
    ['options=-c%20something_new%3D1', 'harmless'],
    ['options=', 'nothing'],
    ['channel_binding=require&sslmode=disable', 'sslmode=require'],
    ['sslrootcert=system&sslmode=require', 'verify-full'],
  ])('%s: %s', (query, told) => {
    const faults = refused(`${BASE}?${query}`);
    expect(faults.map(({ code }) => code)).toEqual(['DSN_PARAMETER_UNSUPPORTED']);
    expect(`${faults[0]?.message} ${faults[0]?.fix}`).toContain(told);
  });

  it('all of them at once, and other parts, too; of an unknown one not the name', () => {
    const faults = refused(
      'postgresql://app:100%@db:99999/hold?ssl=true&sslmode=prefer&Q7secret=1&user=a&sslmode=require',
    );
    expect(faults.map(({ code }) => code).sort()).toEqual([
      'DSN_MALFORMED',
      'DSN_MALFORMED',
      ...Array<string>(5).fill('DSN_PARAMETER_UNSUPPORTED'),
    ]);
    expect(JSON.stringify(faults)).not.toContain('Q7');
    const variable = 'DATABASE_URL';
    const environment = { DB_TYPE: 'postgresql', [variable]: `${BASE}?ssl=true&user=a` };
    expect(faultsOf(environment)).toEqual(
      Array<string>(2).fill(`DSN_PARAMETER_UNSUPPORTED ${variable}`),
    );
  });
});

describe('a placeholder is refused', () => {
  it.each([
    ['the password', 'postgresql://app:[YOUR-PASSWORD]@db/hold'],
    ['the password', 'postgresql://app:<password>@db/hold'],
    ['the password', 'postgresql://app:${DB_PASS}@db/hold'],
    ['the password', 'postgresql://app:$DB_PASS@db/hold'],
    ['the password', 'postgresql://app:$(DB_PASS)@db/hold'],
    ['the password', 'postgresql://app:{{ .Values.password }}@db/hold'],
    ['the password', 'postgresql://app:%DB_PASSWORD%@db/hold'],
    ['the password', 'postgresql://app:YOUR_PASSWORD@db/hold'],
    ['the password', 'postgresql://app:xxxxxxxx@db/hold'],
    ['the password', 'postgresql://app:***@db/hold'],
    ['the password', 'postgresql://app:{your_password}@db/hold'],
    ['the password', "postgresql://app:<%= ENV['DB_PASS'] %>@db/hold"],
    ['the password', 'postgresql+asyncpg://app:<password>@db/hold'],
    ...['REPLACE_ME', 'CHANGE_ME', 'changeme', 'Change-Me', 'change_this', 'xxx', 'TBD'].map(
      (password) => ['the password', `postgresql://app:${password}@db/hold`],
    ),
    ...['YOUR_PASSWORD_HERE', 'PASSWORD_HERE', 'INSERT PASSWORD HERE', 'PLACEHOLDER'].map(
      (password) => ['the password', `postgresql://app:${password}@db/hold`],
    ),
    ['the user', 'postgresql://<user>:secret@db/hold'],
    ['the user', 'postgresql://CHANGEME:secret@db/hold'],
    ['the host', 'postgresql://app:secret@REPLACE_ME:5432/hold'],
    ['the database', 'postgresql://app:secret@db/CHANGE_ME'],
    ['the user', 'postgresql://postgres.[PROJECT-REF]:secret@db/hold'],
    ['the host', 'postgresql://app:secret@db.[PROJECT-REF].supabase.co:5432/hold'],
    ['the host', 'postgresql://app:secret@HOST:5432/hold'],
    ['the host', 'postgresql://app:secret@your-server.example.com/hold'],
    ['the host', 'postgresql://app:secret@db:<port>/hold'],
    ['the database', 'postgresql://app:secret@db/{your_database}'],
    ['all of it', '${DATABASE_URL}'],
    ['all of it', '<your connection string>'],
  ])('in %s: %s', (part, text) => {
    expect(refused(text)).toEqual([
      expect.objectContaining({
        code: 'DSN_PLACEHOLDER',
        message: `has a placeholder in place of ${part}`,
      }),
    ]);
  });

  it('in each part that has one', () => {
    const faults = refused('postgresql://USER:PASSWORD@HOST:5432/DATABASE');
    expect(faults).toHaveLength(4);
  });

  it.each([
    'a{b}c',
    '[k3Jx9]',
    '{Zq8}',
    '<3<3<3',
    '$1$abc',
    'p%25word',
    'password',
    'xx',
    'changement',
    'REPLACE_MEMBER',
    '%63hangeme',
    '__x9__',
    '%5BYOUR-PASSWORD%5D',
    '%24%7BDB_PASS%7D',
  ])('but not for the password %s', (password) => {
    expect(refused(`postgresql://app:${password}@db/hold`)).toEqual([]);
  });
});

describe('the fix of a refusal leads out', () => {
  it.each([
    ['postgresql://app@srv:secret@db/hold', 'DSN_USER_NOT_ENCODED', 'user%40server'],
    ['postgresql://app@corp.example@db/hold', 'DSN_USER_NOT_ENCODED', 'user%40server'],
    ['postgresql://app@srv:se@cret@db/hold', 'DSN_USER_NOT_ENCODED', '@ as %40'],
    ['postgresql://app:se@cret@db/hold', 'DSN_PASSWORD_NOT_ENCODED', '@ as %40'],
    [
      'postgresql+asyncpg://app:secret@db/hold?ssl=require',
      'DSN_SCHEME_UNSUPPORTED',
      'postgresql://app:***@db:5432/hold',
    ],
    ['postgis://app:secret@db/hold', 'DSN_SCHEME_UNSUPPORTED', 'postgresql://app:***@db:5432/hold'],
    [
      'jdbc:postgresql://a:1,b:2/hold?user=app&password=secret',
      'DSN_SCHEME_UNSUPPORTED',
      'postgresql://app:***@a:1,b:2/hold',
    ],
    [
      "host=db port=6432 dbname=hold user=app password='se cret' sslmode=require",
      'DSN_MALFORMED',
      'postgresql://app:***@db:6432/hold',
    ],
    ["psql 'postgresql://app:secret@db/hold'", 'DSN_MALFORMED', 'URL'],
    ['DATABASE_URL=postgresql://app:secret@db/hold', 'DSN_MALFORMED', 'behind the ='],
    ['export DATABASE_URL="postgresql://app:secret@db/hold"', 'DSN_MALFORMED', 'behind the ='],
    ['postgresql://app:secret@dbß/hold', 'DSN_MALFORMED', 'xn--'],
    ['postgresql://app:secret@db:0/hold', 'DSN_MALFORMED', '5432'],
    ['postgresql://app:secret@db:65536/hold', 'DSN_MALFORMED', '5432'],
    ['postgresql://app:secret@db', 'DSN_MALFORMED', '/DATABASE'],
    ['postgresql://db/hold', 'DSN_MALFORMED', 'USER:PASSWORD@'],
    ['postgresql://app:secret@::1/hold', 'DSN_MALFORMED', '[::1]:5432'],
    [
      'prisma+postgres://accelerate.prisma-data.net/?api_key=secret',
      'DSN_SCHEME_UNSUPPORTED',
      'direct',
    ],
  ])('%s', (text, code, told) => {
    const [fault] = refused(text);
    expect(fault?.code).toBe(code);
    expect(fault?.fix).toContain(told);
    expect(JSON.stringify(fault)).not.toContain('cret');
  });
});

describe('certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-certificates-'));
  const file = (name: string) => join(folder, name);
  beforeAll(async () => {
    const authority = await createAuthority(folder, 'authority');
    for (const name of ['one', 'two']) await issueCertificate(folder, authority, name, ['DNS:app']);
    const key = createPrivateKey(readFile(file('one.key')));
    const locked = { cipher: 'aes-256-cbc', passphrase: 'q7zx' };
    writeFileSync(file('locked.key'), key.export({ type: 'sec1', format: 'pem', ...locked }));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const query = (cert: string, key: string, more = '') =>
    `sslcert=${file(cert)}&sslkey=${file(key)}&sslrootcert=${file('one.crt')}${more}`;

  it('are read, with the key hidden, and ask for encryption', () => {
    const dsn = accepted(query('one.crt', 'one.key'));
    expect(dsn.sslMode).toBe('require');
    expect(dsn.certificates?.certificate).toBe(readFile(file('one.crt')));
    expect(dsn.certificates?.key?.reveal()).toBe(readFile(file('one.key')));
    expect(JSON.stringify(dsn)).not.toContain('PRIVATE KEY');
  });

  it('have a key that is opened with sslpassword', () => {
    const dsn = accepted(query('one.crt', 'locked.key', '&sslpassword=q7zx'));
    expect(dsn.certificates?.passphrase?.reveal()).toBe('q7zx');
    expect(JSON.stringify(dsn)).not.toContain('q7zx');
  });

  it.each([
    ['no such file', query('none.crt', 'one.key'), 'SECRET_FILE_UNREADABLE'],
    ['a key for a certificate', query('one.key', 'one.key'), 'SECRET_FILE_UNREADABLE'],
    ['the key of another', query('one.crt', 'two.key'), 'SECRET_FILE_UNREADABLE'],
    [
      'a locked key without its passphrase',
      query('one.crt', 'locked.key'),
      'SECRET_FILE_UNREADABLE',
    ],
    [
      'a wrong passphrase',
      query('one.crt', 'locked.key', '&sslpassword=q7zy'),
      'SECRET_FILE_UNREADABLE',
    ],
    ['no key', `sslcert=${file('one.crt')}`, 'DSN_PARAMETER_UNSUPPORTED'],
    ['no encryption', query('one.crt', 'one.key', '&sslmode=disable'), 'DSN_PARAMETER_UNSUPPORTED'],
  ])('are refused with %s', (_, text, code) => {
    const faults = refused(`${BASE}?${text}`);
    expect(faults.map((fault) => fault.code)).toEqual([code]);
    expect(JSON.stringify(faults)).not.toMatch(/q7z|holdfast-certificates/);
  });
});
