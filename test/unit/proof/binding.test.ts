import { describe, expect, it } from '@jest/globals';
import { situationOf } from '../../../src/proof/binding.js';
import { settingsOf, type Texts } from '../config/judge.js';
import { migratedStores } from '../../../src/service.js';

const PRODUCTION: Texts = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  APP_ENV: 'staging',
  DATABASE_URL: 'postgresql://app:one@db:5432/holdfast',
  REDIS_URL: 'redis://:one@cache:6379/0',
};

function configurationOf(changes: Texts = {}): string {
  const settings = settingsOf({ ...PRODUCTION, ...changes });
  return situationOf(settings, migratedStores(settings.stores)).configuration;
}

describe('the fingerprint of the configuration', () => {
  it.each<[string, Texts]>([
    ['another password', { DATABASE_URL: 'postgresql://app:two@db:5432/holdfast' }],
    [
      'the port left out',
      {
        DATABASE_URL: 'postgresql://app:one@db/holdfast',
      },
    ],
    ['another port, and another form of the log', { PORT: '9000', LOG_FORMAT: 'json', HOST: '::' }],
    ['the pack that it asks for', { REQUIRE_PROOF: '/run/proof.json' }],
    ['a key', { PROOF_KEY: 'a key of sixteen characters' }],
    ['another password of Redis', { REDIS_URL: 'redis://:two@cache:6379/0' }],
  ])('stays the same with %s', (_, changes) => {
    expect(configurationOf(changes)).toBe(configurationOf());
  });

  it.each<[string, Texts]>([
    ['another host', { DATABASE_URL: 'postgresql://app:one@other:5432/holdfast' }],
    ['another role', { DATABASE_URL: 'postgresql://root:one@db:5432/holdfast' }],
    ['another environment', { APP_ENV: 'production' }],
    ['weaker encryption', { DB_SSL_MODE: 'disable' }],
    ['another Redis', { REDIS_URL: 'redis://:one@other:6379/0' }],
    ['a larger pool', { DB_POOL_SIZE: '6' }],
    ['a store more', { DPM_POLICY_PACKS_ENABLED: 'true' }],
    ['a replica', { DB_READ_REPLICA_URLS: 'postgresql://app:one@standby:5432/holdfast' }],
  ])('differs with %s', (_, changes) => {
    expect(configurationOf(changes)).not.toBe(configurationOf());
  });
});

it('the hash of the migrations follows their text and their names', () => {
  const settings = settingsOf(PRODUCTION);
  const stores = migratedStores(settings.stores);
  const hashOf = (list: typeof stores) => situationOf(settings, list).migrations;
  const edited = stores.map((store) => ({
    ...store,
    migrations: store.migrations.map((one) => ({ ...one, checksum: one.checksum.toUpperCase() })),
  }));
  expect(hashOf(migratedStores(settings.stores))).toBe(hashOf(stores));
  expect(hashOf(edited)).not.toBe(hashOf(stores));
  expect(hashOf(stores.slice(1))).not.toBe(hashOf(stores));
});
