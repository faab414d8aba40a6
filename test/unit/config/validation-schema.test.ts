import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import type Joi from 'joi';
import { readConfiguration } from '@holdfast/guard/configure';
import { storeNamed } from '@holdfast/guard/define-store';
import type { ServiceDeclaration } from '@holdfast/guard/service-declaration';
import { secret, whole } from '@holdfast/guard/variable';
import { judgeEnvironment, validationSchema } from '@holdfast/guard/validation-schema';
import { service as holdfast } from '../../../src/service.js';
import type { Texts } from './judge.js';
import { WITHOUT_CALLERS } from '../../support/without-callers.js';

const service: ServiceDeclaration = {
  stores: [
    storeNamed('crates', {
      variables: { CRATES_PER_PAGE: whole(1, 100, 20, 'crates in one answer') },
    }),
  ],
  variables: { CRANE_KEY: secret('key of the crane', 8) },
  release: { name: 'crates' },
};
const WRONG = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  ...WITHOUT_CALLERS,
  CRATES_STORE_BACKEND: 'SQLITE',
  CRATES_PER_PAGE: '0',
  CRANE_KEY: 'short',
  DB_POOL_SIZE: '"5"',
};
const CODES = [
  'SETTING_QUOTED DB_POOL_SIZE',
  'PERSISTENCE_PROFILE_REQUIRES_CRATES_POSTGRES CRATES_STORE_BACKEND',
  'SETTING_INVALID CRATES_PER_PAGE',
  'SETTING_INVALID CRANE_KEY',
];

let before: NodeJS.ProcessEnv;
beforeEach(() => {
  before = { ...process.env };
});
afterEach(() => {
  for (const name of Object.keys(process.env))
    if (!(name in before)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, before);
});

function details(environment: Texts, options: Joi.ValidationOptions = {}) {
  const { error } = validationSchema(service).validate(environment, options);
  return error?.details ?? [];
}

/** A `ConfigModule` as an adopter has it, in front of the environment of this process. */
async function configured(environment: Texts): Promise<ConfigService> {
  Object.assign(process.env, environment);
  const config = await ConfigModule.forRoot({
    ignoreEnvFile: true,
    validationSchema: validationSchema(service),
  });
  @Module({ imports: [config] })
  class ApplicationModule {}
  const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
  const found = app.get(ConfigService);
  await app.close();
  return found;
}

describe('the validation schema', () => {
  it.each([{}, { abortEarly: true }, { abortEarly: false }])(
    'tells every violation with its code, its variable and its fix: %p',
    (options) => {
      const all = details(WRONG, options);
      expect(all.map(({ type, path }) => `${type} ${path.join()}`)).toEqual(CODES);
      const { verdict } = judgeEnvironment(WRONG, service, () => '');
      expect(all.map(({ context }) => context)).toEqual(
        'violations' in verdict
          ? verdict.violations.map((each) => expect.objectContaining({ ...each }) as unknown)
          : [],
      );
      expect(all[1]?.message).toMatch(/^PERSISTENCE_PROFILE_REQUIRES_CRATES_POSTGRES: the crates/);
      expect(JSON.stringify(all)).not.toContain('short');
    },
  );

  it('adds no secret to the value, and nothing that is read from a file', () => {
    const given = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      ...WITHOUT_CALLERS,
      AB_DATABASE_URL: 'postgresql://app:seeded-Vx3@db.internal:5432/crates',
      CRANE_KEY_FILE: '/run/key',
      DB_HOST_FILE: '/run/host',
    };
    const readFile = (path: string) => (path === '/run/key' ? 'a long key' : 'db.internal');
    const validated = validationSchema(service).validate(given, { context: { readFile } });
    const value = validated.value as object;
    expect(validated.error).toBeUndefined();
    expect(value).toMatchObject({ ...given, AUTH_NONE_ACCEPTED: true, CRATES_PER_PAGE: 20 });
    for (const name of ['DATABASE_URL', 'CRANE_KEY', 'DB_HOST'])
      expect(value).not.toHaveProperty(name);
  });

  it('is what the guard judges by', () => {
    const validate = jest.spyOn(validationSchema(service), 'validate');
    const { verdict } = readConfiguration(
      { env: { ...WRONG } } as unknown as NodeJS.Process,
      service,
    );
    expect(validate).toHaveBeenCalledTimes(1);
    expect('violations' in verdict && verdict.violations).toHaveLength(CODES.length);
    expect(validationSchema(service)).toBe(validationSchema(service));
    expect(validationSchema(service)).not.toBe(validationSchema(holdfast));
  });
});

describe('@nestjs/config with the validation schema', () => {
  it('refuses what the guard refuses, all at once', async () => {
    const refused = configured(WRONG).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    const lines = (await refused).replace('Config validation error: ', '').split('\n');
    expect(lines.map((line) => /^(\w+): (\w+): /.exec(line)?.slice(1))).toEqual(
      CODES.map((each) => each.split(' ').toReversed()),
    );
    expect(lines.at(-1)).toMatch(/See docs\/PRODUCTION\.md\.$/);
  });

  it('gives what the variables say, typed, and no secret more than there was', async () => {
    const given = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      ...WITHOUT_CALLERS,
      CRATES_PER_PAGE: ' 7 ',
      DATABASE_URL: 'postgresql://app:seeded-Vx3@db.internal:5432/crates',
      AB_DB_POOL_SIZE: '9',
    };
    const settings = judgeEnvironment({ ...before, ...given }, service, () => '').verdict;
    const config = await configured(given);
    expect(config.get('CRATES_PER_PAGE')).toBe(7);
    expect(config.get('DB_POOL_SIZE')).toBe(9);
    expect(config.get('PORT')).toBe(8000);
    expect(config.get('SQLITE_PATH')).toBe('data/crates.sqlite');
    expect(config.get('CRANE_KEY')).toBeUndefined();
    expect(process.env.DB_POOL_RECYCLE).toBe('3600');
    // What it has put into the environment of the process is judged as before.
    expect(judgeEnvironment(process.env, service, () => '').verdict).toEqual(settings);
  });
});
