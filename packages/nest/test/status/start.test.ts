import { describe, expect, it } from '@jest/globals';
import { settingsOf, type Start, startChanges } from '../../src/status/start.js';

const START: Start = {
  version: '0.1.0',
  commit: 'aaaaaaa',
  settings: settingsOf([
    { name: 'DB_POOL_SIZE', value: 5 },
    { name: 'LOG_LEVEL', value: 'info' },
  ]),
  schema: { dpm: '0001_create_runs' },
  databases: { dpm: '0123456789abcdef' },
};

describe('what a start is compared by', () => {
  it('holds no value of a setting, and nothing of what is not set', () => {
    const settings = settingsOf([
      { name: 'APP_ENV', value: 'a-name-that-is-seen' },
      { name: 'CORS_ORIGINS', value: null },
    ]);
    expect(Object.keys(settings)).toEqual(['APP_ENV']);
    expect(JSON.stringify(settings)).not.toContain('a-name-that-is-seen');
  });

  it('leaves out what each instance of a machine has of its own', () => {
    const one = settingsOf([{ name: 'PORT', value: 8000 }]);
    expect(settingsOf([{ name: 'PORT', value: 8001 }])).toEqual(one);
  });
});

describe('two starts', () => {
  it('that are alike have no changes', () => {
    expect(startChanges(START, structuredClone(START))).toEqual([]);
  });

  it('are told apart by version, settings by name, schema and database', () => {
    const after: Start = {
      ...START,
      version: '0.2.0',
      commit: null,
      settings: settingsOf([
        { name: 'DB_POOL_SIZE', value: 6 },
        { name: 'REDIS_URL', value: 'redis://cache:6379' },
      ]),
      schema: { dpm: '0002_add_keys', advisory: '0001_create_proposals' },
      databases: { dpm: 'fedcba9876543210' },
    };
    expect(startChanges(START, after)).toEqual([
      { what: 'version', name: null, before: '0.1.0', after: '0.2.0' },
      { what: 'commit', name: null, before: 'aaaaaaa', after: null },
      { what: 'setting', name: 'DB_POOL_SIZE', before: null, after: null },
      { what: 'setting', name: 'LOG_LEVEL', before: null, after: null },
      { what: 'setting', name: 'REDIS_URL', before: null, after: null },
      { what: 'schema', name: 'advisory', before: null, after: '0001_create_proposals' },
      { what: 'schema', name: 'dpm', before: '0001_create_runs', after: '0002_add_keys' },
      { what: 'database', name: 'dpm', before: '0123456789abcdef', after: 'fedcba9876543210' },
    ]);
  });
});
