import { describe, expect, it } from '@jest/globals';
import { refusal } from '@holdfast/guard/configure';
import { storeNamed } from '@holdfast/guard/define-store';
import { effectiveVariables } from '@holdfast/guard/effective';
import { allVariables } from '@holdfast/guard/environment';
import { judgeSettings } from '@holdfast/guard/judge-settings';
import { readEnvironment } from '@holdfast/guard/read-environment';
import type { ServiceDeclaration } from '@holdfast/guard/service-declaration';
import type { Settings } from '@holdfast/guard/settings';
import { flag, oneOf, secret, text, whole } from '@holdfast/guard/variable';
import { valuesOf } from '@holdfast/guard/values-of';
import { violation } from '@holdfast/guard/violation';
import { service as holdfast } from '../../../src/service.js';
import type { Texts } from './judge.js';
import { WITHOUT_CALLERS } from '../../support/without-callers.js';

const storeVariables = {
  PARCELS_PER_PAGE: whole(1, 100, 20, 'parcels in one answer'),
  PARCELS_SORTED: flag(true, 'sorts them'),
  PARCELS_SIZE: oneOf(['small', 'large'], 'which size', 'small'),
};
const ownVariables = {
  CARRIER_KEY: secret('key of the carrier', 8),
  CARRIER_REGION: text('where the carrier is', { productionOnly: true }),
};
const service: ServiceDeclaration = {
  stores: [storeNamed('parcels', { variables: storeVariables })],
  variables: ownVariables,
  release: { name: '@team/parcels' },
};

function judge(environment: Texts) {
  const readFile = (path: string) => {
    if (path === '/run/key') return 'the key in a file\n';
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  const raw = readEnvironment({ ...WITHOUT_CALLERS, ...environment }, service, readFile);
  return { raw, verdict: judgeSettings(raw, service, readFile) };
}

function settingsOf(environment: Texts): Settings {
  const { verdict } = judge(environment);
  if ('settings' in verdict) return verdict.settings;
  throw new Error(verdict.violations.map(({ code }) => code).join());
}

function faultsOf(environment: Texts): readonly string[] {
  const { verdict } = judge(environment);
  return 'violations' in verdict
    ? verdict.violations.map((each) => `${each.code} ${each.variable}`)
    : [];
}

describe('the variables of a service and its stores', () => {
  it('are read typed, with their defaults', () => {
    const { PARCELS_PER_PAGE, ...others } = valuesOf(settingsOf({}), storeVariables);
    expect(PARCELS_PER_PAGE + 1).toBe(21);
    expect(others).toEqual({ PARCELS_SORTED: true, PARCELS_SIZE: 'small' });
    const given = settingsOf({
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      PARCELS_PER_PAGE: ' 7 ',
      PARCELS_SORTED: 'off',
      PARCELS_SIZE: 'LARGE',
      CARRIER_KEY_FILE: '/run/key',
      CARRIER_REGION: ' north ',
    });
    expect(valuesOf(given, storeVariables)).toEqual({
      PARCELS_PER_PAGE: 7,
      PARCELS_SORTED: false,
      PARCELS_SIZE: 'large',
    });
    const { CARRIER_KEY, CARRIER_REGION } = valuesOf(given, ownVariables);
    expect(CARRIER_KEY?.reveal()).toBe('the key in a file');
    expect(CARRIER_REGION).toBe('north');
    expect(JSON.stringify(given)).not.toContain('the key in a file');
    expect(given.secrets.map((each) => each.reveal())).toEqual(['the key in a file']);
  });

  it('are refused with all others at once', () => {
    expect(
      faultsOf({
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        PARCELS_PER_PAGE: '101',
        PARCELS_SIZE: '"small"',
        CARRIER_KEY: 'short',
        parcels_sorted: 'no',
        DB_POOL_SIZE: 'many',
      }),
    ).toEqual([
      'SETTING_QUOTED PARCELS_SIZE',
      'SETTING_NAME_MISSPELT parcels_sorted',
      'PERSISTENCE_PROFILE_REQUIRES_PARCELS_POSTGRES_DSN PARCELS_POSTGRES_DSN',
      'SETTING_INVALID DB_POOL_SIZE',
      'SETTING_INVALID PARCELS_PER_PAGE',
      'SETTING_INVALID CARRIER_KEY',
    ]);
    expect(faultsOf({ CARRIER_REGION: 'north' })).toEqual([
      'PERSISTENCE_PROFILE_UNDECIDED CARRIER_REGION',
    ]);
  });

  it('are shown among the effective ones, secrets masked; those of other services are not', () => {
    const { raw, verdict } = judge({ CARRIER_KEY: 'long enough', PARCELS_PER_PAGE: '7' });
    const shown = new Map(
      effectiveVariables(raw, verdict, service).map(({ name, value }) => [name, value]),
    );
    expect(shown.get('PARCELS_PER_PAGE')).toBe(7);
    expect(shown.get('CARRIER_KEY')).toBe('***');
    const others = [...allVariables(holdfast).keys()].filter((name) =>
      /^(DPM|PROPOSAL|IDEMPOTENCY|REQUIRE|PROOF)_/.test(name),
    );
    expect(others.length).toBeGreaterThan(9);
    expect(others.filter((name) => shown.has(name))).toEqual([]);
    expect(settingsOf({ DPM_POLICY_PACKS_ENABLED: 'perhaps' }).variables).not.toHaveProperty(
      'DPM_POLICY_PACKS_ENABLED',
    );
  });

  it('cannot be read from the settings of another service', () => {
    expect(() => valuesOf(settingsOf({}), { ELSEWHERE: text('of another') })).toThrow(
      'ELSEWHERE is declared by no store and no service',
    );
  });

  it.each([
    ['PORT', 'PORT is declared twice'],
    ['PARCELS_SIZE', 'PARCELS_SIZE is declared twice'],
    ['PARCELS_POSTGRES_DSN', 'PARCELS_POSTGRES_DSN is declared twice'],
    ['parcels', 'parcels is no name of a variable'],
    ['PARCELS_FILE', 'PARCELS_FILE is no name of a variable'],
  ])('cannot be called %s', (name, message) => {
    const declared = { ...service, variables: { [name]: text('anything') } };
    expect(() => allVariables(declared)).toThrow(message);
  });
});

describe('a switch of a store', () => {
  it('is one of its variables', () => {
    expect(() => storeNamed('drones', { enabledBy: ['DRONES_ENABLED'] })).toThrow(
      'DRONES_ENABLED, which turns drones on, is none of its variables',
    );
  });
});

describe('what differs from service to service', () => {
  it('is called after it, without the scope of its package', () => {
    const { databases, postgres } = settingsOf({});
    expect(databases).toMatchObject([{ path: 'data/parcels.sqlite' }]);
    expect(postgres.applicationName).toBe('parcels');
    const violations = [violation('SETTING_INVALID', 'PORT', 'must be a number')];
    expect(refusal(violations, service, false)).toMatch(/^@team\/parcels does not start: 1 rule/);
    expect(refusal(violations, holdfast, false)).toMatch(/^Holdfast does not start: 1 rule/);
  });
});
