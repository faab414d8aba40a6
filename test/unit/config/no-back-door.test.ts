import { describe, expect, it } from '@jest/globals';
import { faultsOf, judge, type Texts } from './judge.js';

/** `GUARD_ENVIRONMENTS=1000000 npm test -- no-back-door` for a long look. */
const ENVIRONMENTS = Number(process.env.GUARD_ENVIRONMENTS ?? 4000);

const DSN = 'postgresql://app:secret@db.internal:5432/holdfast';
const STRICT = ['prod', 'production', 'prd', 'preprod', 'staging', 'stage', 'stg', 'live'];
const LOCAL = ['local', 'dev', 'development', 'test', 'testing', 'ci', 'demo'];
const MARKS = ['KUBERNETES_SERVICE_HOST', 'DYNO', 'RENDER', 'K_SERVICE', 'NOMAD_ALLOC_ID'];
const BACKENDS = { dpm: 'DPM_SUPPORTABILITY_STORE_BACKEND', advisory: 'PROPOSAL_STORE_BACKEND' };
const SERVERS = [
  'DATABASE_URL',
  'AB_DATABASE_URL',
  'DPM_SUPPORTABILITY_POSTGRES_DSN',
  'PROPOSAL_POSTGRES_DSN',
  'MIGRATION_DATABASE_URL',
];

/** What was meant, and what stands for it. */
interface World {
  readonly environment: Texts;
  readonly files: Texts;
  readonly meansProduction: boolean;
  readonly meansPostgres: boolean;
  readonly choosesLocal: boolean;
  /** `DB_TYPE=sqlite` */
  readonly choosesSqlite: boolean;
  /** The stores that have a backend of their own. */
  readonly chosen: readonly string[];
}

/** A generator of numbers, the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function worldOf(next: () => number): World {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T;
  const chance = (share: number) => next() < share;
  const inSomeCase = (text: string) =>
    pick([text, text.toUpperCase(), text.charAt(0).toUpperCase() + text.slice(1)]);
  /** As templates, shells, editors and env files disfigure a value. */
  const disfigured = (text: string) =>
    pick([
      text,
      text,
      text,
      ` ${text}`,
      `${text}\t`,
      `${text}\r`,
      `"${text}"`,
      `'${text}'`,
      `\uFEFF${text}`,
      `${text}\u200B`,
      `\u00A0${text}`,
    ]);
  const process: Record<string, string> = {};
  const dotenv: Record<string, string> = {};
  const files: Record<string, string> = {};
  const give = (name: string, value: string) => {
    (chance(0.12) ? dotenv : process)[name] = value;
  };
  const giveSecret = (name: string, value: string) => {
    if (chance(0.6)) {
      give(name, value);
      return;
    }
    files[`/run/${name}`] = `${value}${pick(['', '\n', '\r\n'])}`;
    give(`${name}_FILE`, disfigured(`/run/${name}`));
  };

  let meansProduction = false;
  for (const name of ['APP_ENV', 'ENV', 'AB_ENV']) {
    if (!chance(0.3)) continue;
    const word = pick([...STRICT, ...LOCAL, ...LOCAL, 'qa', 'uat', '']);
    const affix = chance(0.3) && word !== '' ? pick(['-eu', '_1', '.a', '/b', ' c']) : '';
    give(name, disfigured(inSomeCase(word + affix)));
    meansProduction ||= STRICT.includes(word);
  }
  if (chance(0.15)) {
    const mode = pick(['production', 'development', 'test', 'prod']);
    give('NODE_ENV', disfigured(inSomeCase(mode)));
    meansProduction ||= mode.startsWith('prod');
  }
  if (chance(0.1)) {
    const isOn = chance(0.5);
    give('CI_STRICT', disfigured(isOn ? pick(['1', 'true', 'TRUE']) : '0'));
    meansProduction ||= isOn;
  }
  let choosesLocal = false;
  if (chance(0.25)) {
    const profile = pick(['LOCAL', 'LOCAL', 'PRODUCTION', 'PROD', '']);
    give('APP_PERSISTENCE_PROFILE', disfigured(inSomeCase(profile)));
    choosesLocal = profile === 'LOCAL';
    meansProduction ||= profile.startsWith('PROD');
  }
  if (chance(0.15)) process[pick(MARKS)] = 'x';

  let meansPostgres = false;
  for (const name of SERVERS) {
    if (!chance(0.12)) continue;
    giveSecret(name, disfigured(pick([DSN, DSN, DSN, '', 'mysql://db/x'])));
    meansPostgres = true;
  }
  if (chance(0.1)) {
    give('DB_HOST', 'db.internal');
    give('DB_NAME', 'holdfast');
    give('DB_USER', 'app');
    if (chance(0.5)) give('DB_PORT', pick(['5432', 'tcp://10.0.0.1:5432']));
    meansPostgres = true;
  }
  if (chance(0.5)) process.REDIS_URL = 'redis://cache.internal:6379/0';
  const chosen: string[] = [];
  for (const [store, name] of Object.entries(BACKENDS)) {
    if (!chance(0.2)) continue;
    const backend = pick(['SQLITE', 'IN_MEMORY', 'POSTGRES']);
    give(name, backend);
    chosen.push(store);
  }
  const type = chance(0.15) ? pick(['sqlite', 'postgresql']) : undefined;
  if (type !== undefined) give('DB_TYPE', type);
  const lines = Object.entries(dotenv).map(([name, value]) => `${name}=${value}`);
  if (lines.length > 0) files['.env'] = pick(['', '\uFEFF']) + lines.join(pick(['\n', '\r\n']));
  return {
    environment: process,
    files,
    meansProduction,
    meansPostgres,
    choosesLocal,
    choosesSqlite: type === 'sqlite',
    chosen,
  };
}

/** What ends up elsewhere than on PostgreSQL although it should not; undefined where all is well. */
function lapse(world: World): string | undefined {
  const verdict = judge(world.environment, world.files);
  if ('violations' in verdict) return undefined;
  const away = verdict.settings.stores.filter(({ backend }) => backend !== 'POSTGRES');
  if (away.length === 0) return undefined;
  const { meansProduction, meansPostgres, choosesLocal, choosesSqlite, chosen } = world;
  if (meansProduction && !choosesLocal) return 'production';
  const isShared = ['DATABASE_URL', 'AB_DATABASE_URL', 'DB_HOST'].some(
    (name) => name in world.environment || `${name}_FILE` in world.environment,
  );
  const isMissed = meansPostgres && (isShared || away.length === verdict.settings.stores.length);
  const isFallen = away.some(({ store }) => !chosen.includes(store));
  if (isMissed && isFallen && !choosesLocal && !choosesSqlite) return 'postgres';
  const isOnPlatform = MARKS.some((mark) => mark in world.environment);
  const isNamed = ['APP_ENV', 'ENV', 'AB_ENV'].some((name) => name in world.environment);
  if (isOnPlatform && !choosesLocal && !isNamed) return 'platform';
  return undefined;
}

describe('whatever points to production or to PostgreSQL', () => {
  it(`is on PostgreSQL or refused, in ${ENVIRONMENTS} environments`, () => {
    const next = numbers(20_261_129);
    const counts = { refused: 0, local: 0, production: 0 };
    for (let index = 0; index < ENVIRONMENTS; index += 1) {
      const world = worldOf(next);
      const lapsed = lapse(world);
      if (lapsed !== undefined) throw new Error(`${lapsed}: ${JSON.stringify(world)}`);
      if (index % 10 > 0) continue;
      const verdict = judge(world.environment, world.files);
      if ('violations' in verdict) counts.refused += 1;
      else counts[verdict.settings.profile === 'LOCAL' ? 'local' : 'production'] += 1;
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
  }, 3_600_000);

  it('is seen by the law: a world that means it and is not refused would be told', () => {
    const world = { files: {}, meansProduction: true, meansPostgres: true };
    const bare = {
      ...world,
      environment: {},
      choosesLocal: false,
      choosesSqlite: false,
      chosen: [],
    };
    expect(lapse(bare)).toBe('production');
    expect(lapse({ ...bare, meansProduction: false })).toBe('postgres');
    expect(lapse({ ...bare, choosesLocal: true })).toBeUndefined();
  });

  it('an explicit LOCAL does not pass where a name is strict', () => {
    for (const word of STRICT) {
      const faults = faultsOf({ APP_PERSISTENCE_PROFILE: 'LOCAL', APP_ENV: `eu-${word}` });
      expect(faults[0]).toContain('PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT');
    }
  });
});
