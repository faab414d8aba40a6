import { type Authorities, readAuthorities } from './authorities.js';
import type { DsnContext } from './dsn.js';
import { DsnResolver } from './dsn-resolver.js';
import { allVariables } from './environment.js';
import { decideProfile, type Profile, type ProfileDecision } from './profile.js';
import type { RawEnvironment, ReadFile } from './read-environment.js';
import { ownValues, readValues, type ReadValues } from './read-values.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { GivenToStore } from './store-declaration.js';
import { chooseBackends, profileRules, type StoreChoice } from './store-rules.js';
import type { Variable } from './variable.js';
import type { Violation } from './violation.js';

/** What the rules judge: an environment with its values read, and its profile decided. */
export interface JudgeInput {
  readonly raw: RawEnvironment;
  readonly service: ServiceDeclaration;
  readonly decision: ProfileDecision;
  /** Every variable of the service, by name. */
  readonly all: ReadonlyMap<string, Variable>;
  readonly values: ReadValues['values'];
  /** Values that do not fit. */
  readonly invalid: readonly Violation[];
  readonly postgresAuthorities: Authorities;
  readonly redisAuthorities: Authorities;
  readonly dsnContext: DsnContext;
}

export function judgeInput(
  raw: RawEnvironment,
  service: ServiceDeclaration,
  readFile: ReadFile,
): JudgeInput {
  const { values, violations: invalid } = readValues(raw, service);
  const postgresAuthorities = readAuthorities(values, 'DB_SSL_CA_FILE', readFile);
  return {
    raw,
    service,
    decision: decideProfile(raw.texts, raw.signs),
    all: allVariables(service),
    values,
    invalid,
    postgresAuthorities,
    redisAuthorities: readAuthorities(values, 'REDIS_TLS_CA_FILE', readFile),
    dsnContext: { readFile, hasAuthorities: postgresAuthorities.text !== undefined },
  };
}

/** The stores that are turned on, with their backends. */
export function choicesOf({ raw, values, service }: JudgeInput, profile: Profile) {
  return chooseBackends(raw.texts, profile, service.stores, (name) => values[name] === true);
}

/** What a profile says of the stores. */
export interface StoreJudgement {
  readonly choices: readonly StoreChoice[];
  readonly rules: readonly Violation[];
  readonly dsns: readonly Violation[];
  readonly backends: readonly Violation[];
  /** Whether a store is on the server that is given by its parts. */
  readonly usesParts: boolean;
}

export function judgeStores(input: JudgeInput, profile: Profile): StoreJudgement {
  const { choices, violations } = choicesOf(input, profile);
  const resolver = resolverOf(input);
  const onPostgres = choices.filter(({ backend }) => backend === 'POSTGRES');
  const given = givenToStores(input, profile);
  return {
    choices,
    rules: [
      ...profileRules(profile, choices, (store) => resolver.isGiven(store)),
      ...choices.flatMap(({ store }) => store.judge?.(given) ?? []),
    ],
    dsns: resolver.violations(onPostgres.map(({ store }) => store)),
    backends: violations,
    usesParts: resolver.sourcesOf(onPostgres.map(({ store }) => store)).has('DB_HOST'),
  };
}

function givenToStores(
  { raw, values, invalid, service }: JudgeInput,
  profile: Profile,
): GivenToStore {
  const isRefused = (name: string) =>
    raw.unreadable.has(name) || invalid.some(({ variable }) => variable === name);
  return {
    profile,
    variables: ownValues(values, service),
    isGiven: (name) => raw.texts.has(name) || isRefused(name),
    isRefused,
  };
}

export function resolverOf({ raw, values, dsnContext, service }: JudgeInput): DsnResolver {
  return new DsnResolver(raw, values, dsnContext, service.sharedDatabase);
}
