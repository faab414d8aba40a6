import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'dotenv';
import { allVariables } from '@holdfast/guard/environment';
import { service } from '../../../src/service.js';
import { envExample } from '../../support/env-example.js';
import { settingsOf, type Texts, violationsOf } from './judge.js';

const known = allVariables(service);
const SECRETS = '/run/secrets';

const text = (file: string) => readFileSync(file, 'utf8');

/** What is assigned, also in a line that is commented out. */
function named(file: string): readonly string[] {
  return [...text(file).matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
}

function isKnown(name: string): boolean {
  return known.has(name) || known.get(name.replace(/_FILE$/, ''))?.secret === true;
}

function filled(template: string): Texts {
  return parse(template.replaceAll(/<[^>]+>/g, SECRETS));
}

const FILES = {
  [`${SECRETS}/database_url`]: 'postgresql://holdfast_app:secret@db.example.com:5432/holdfast\n',
  [`${SECRETS}/migration_database_url`]:
    'postgresql://holdfast_owner:secret@db.example.com:5432/holdfast\n',
  [`${SECRETS}/redis_url`]: 'redis://:secret@redis.example.com:6379/0\n',
  [`${SECRETS}/jwt_signing_key`]: 'the key of tokens, in forty-eight random bytes or so\n',
  [`${SECRETS}/postgres_ca`]: '-----BEGIN CERTIFICATE-----\n',
};

describe('the examples of an environment', () => {
  it.each(['.env.example', '.env.development.example', '.env.production.example'])(
    '%s names no variable that there is not',
    (file) => {
      expect(named(file).length).toBeGreaterThan(5);
      expect(named(file).filter((name) => !isKnown(name))).toEqual([]);
    },
  );

  it('.env.example is what npm run env:example makes of the variables: every one of them', () => {
    expect(text('.env.example')).toBe(envExample());
    expect(named('.env.example')).toEqual([...known.keys()]);
    expect(violationsOf(parse(text('.env.example')))).toEqual([]);
  });

  it('.env.example with all its defaults taken is what a process without variables has', () => {
    const assigned = text('.env.example').replaceAll(/^# ([A-Z][A-Z0-9_]*=.+)$/gm, '$1');
    expect(settingsOf(parse(assigned))).toEqual(settingsOf({}));
  });

  it('.env.development.example is accepted as a .env file, under LOCAL', () => {
    const settings = settingsOf({}, { '.env': text('.env.development.example') });
    expect(settings).toMatchObject({ profile: 'LOCAL', strict: false, environment: 'development' });
    expect(settings.shadow.length).toBeGreaterThan(0);
  });

  it('.env.development.example is accepted on PostgreSQL, too', () => {
    const all = text('.env.development.example').replaceAll(/^# ([A-Z][A-Z0-9_]*=)/gm, '$1');
    const { stores } = settingsOf({}, { '.env': all });
    expect(new Set(stores.map(({ backend }) => backend))).toEqual(new Set(['POSTGRES']));
  });

  it.each(['as it is', 'for holdfast migrate'])(
    '.env.production.example is accepted %s under PRODUCTION and strict, once it is filled in',
    (use) => {
      const template = text('.env.production.example');
      const given = use === 'as it is' ? template : template.replace('# MIGRATION', 'MIGRATION');
      const settings = settingsOf(filled(given), FILES);
      expect(settings).toMatchObject({ profile: 'PRODUCTION', strict: true });
      expect(settings.unusedDsns).toEqual([]);
    },
  );

  it('.env.production.example is refused as long as a placeholder is left', () => {
    expect(violationsOf(parse(text('.env.production.example')), FILES)).not.toEqual([]);
  });
});
