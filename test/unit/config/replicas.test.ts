import { describe, expect, it } from '@jest/globals';
import { settingsOf, type Texts } from './judge.js';

const PRIMARY = 'postgresql://app:secret@db.internal/holdfast';
const REPLICA = 'postgresql://reader:other@replica-1.internal:5433/holdfast';
const OTHER = 'postgresql://app:secret@elsewhere.internal/holdfast';
const BASE = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DB_READ_REPLICA_URLS: REPLICA };

function replicasOf(environment: Texts) {
  return settingsOf(environment, {}).databases.map((database) => [
    database.name,
    database.type === 'postgresql' ? (database.replicas ?? []).map(({ name }) => name) : [],
  ]);
}

describe('DB_READ_REPLICA_URLS', () => {
  it('are replicas of what DATABASE_URL names, and are reached as it is', () => {
    const { databases, unusedDsns } = settingsOf(
      {
        ...BASE,
        DATABASE_URL: PRIMARY,
        DB_READ_REPLICA_URLS: `${REPLICA}, ${PRIMARY}?sslmode=verify-full&application_name=two`,
        DB_APPLICATION_NAME: 'one',
      },
      {},
    );
    expect(unusedDsns).toEqual([]);
    const [database] = databases;
    expect(database).toMatchObject({
      name: 'primary',
      replicas: [
        {
          name: 'primary-replica-1',
          type: 'postgresql',
          stores: ['dpm', 'advisory'],
          dsn: { hosts: [{ host: 'replica-1.internal', port: 5433 }], user: 'reader' },
          tls: { mode: 'require' },
          applicationName: 'one',
        },
        { name: 'primary-replica-2', tls: { mode: 'verify-full' }, applicationName: 'two' },
      ],
    });
  });

  it('are replicas of what DB_HOST names', () => {
    const parts = { DB_HOST: 'db.internal', DB_NAME: 'holdfast', DB_USER: 'app' };
    expect(replicasOf({ ...BASE, ...parts })).toEqual([['primary', ['primary-replica-1']]]);
  });

  it('serve no store that has a database of its own', () => {
    const own = { DPM_SUPPORTABILITY_POSTGRES_DSN: OTHER };
    expect(replicasOf({ ...BASE, ...own, DATABASE_URL: PRIMARY })).toEqual([
      ['primary', []],
      ['advisory', ['advisory-replica-1']],
    ]);
  });

  it('serve a store whose own connection string is that of DATABASE_URL', () => {
    const own = { DPM_SUPPORTABILITY_POSTGRES_DSN: PRIMARY, PROPOSAL_POSTGRES_DSN: PRIMARY };
    expect(replicasOf({ ...BASE, ...own, DATABASE_URL: PRIMARY })).toEqual([
      ['primary', ['primary-replica-1']],
    ]);
  });

  it.each<[string, Texts]>([
    [
      'every store is elsewhere',
      { DPM_SUPPORTABILITY_POSTGRES_DSN: OTHER, PROPOSAL_POSTGRES_DSN: OTHER },
    ],
    ['no store is on PostgreSQL', { APP_PERSISTENCE_PROFILE: 'LOCAL' }],
  ])('are told to be unused when %s', (_, environment) => {
    const { databases, unusedDsns } = settingsOf({ ...BASE, ...environment }, {});
    expect(unusedDsns).toContain('DB_READ_REPLICA_URLS');
    expect(JSON.stringify(databases)).not.toContain('replica-1');
  });

  it('have a lag of one second at most, unless told otherwise', () => {
    const environment = { ...BASE, DATABASE_URL: PRIMARY };
    expect(settingsOf(environment, {}).replicaMaxLagMs).toBe(1000);
    const told = { ...environment, DB_REPLICA_MAX_LAG_MS: '250' };
    expect(settingsOf(told, {}).replicaMaxLagMs).toBe(250);
  });
});
