import { plainName, type ServiceDeclaration } from './service-declaration.js';
import type { StoreDeclaration } from './store-declaration.js';
import { connectionString, judgedByRules, type Variable, type Variables } from './variable.js';
import { browserVariables } from './variables/browser.variables.js';
import { callerVariables } from './variables/caller.variables.js';
import { clientVariables } from './variables/client.variables.js';
import { connectionVariables } from './variables/connection.variables.js';
import { databaseVariables } from './variables/database.variables.js';
import { processVariables } from './variables/process.variables.js';
import { profileVariables } from './variables/profile.variables.js';
import { redisVariables } from './variables/redis.variables.js';
import { secretVariables } from './variables/secret.variables.js';

/** Variables of every service, whatever its stores are. */
function sharedVariables(name: string) {
  return {
    ...profileVariables,
    ...processVariables,
    ...clientVariables,
    ...browserVariables,
    ...callerVariables,
    ...databaseVariables(name),
    ...connectionVariables(name),
    ...redisVariables,
    ...secretVariables,
  } satisfies Variables;
}

type SharedVariables = ReturnType<typeof sharedVariables>;

/** What the variables of every service are once read. */
export type Values = {
  readonly [Name in keyof SharedVariables]: SharedVariables[Name] extends Variable<infer T>
    ? T
    : never;
};

/** Variables of one store: where it is, and what it declares itself. */
function storeVariables({ name, backendVariable, dsnVariable, variables }: StoreDeclaration) {
  return {
    [backendVariable]: judgedByRules(`backend of the ${name} store: IN_MEMORY, SQLITE or POSTGRES`),
    [dsnVariable]: connectionString(`connection string of the ${name} store on POSTGRES`),
    ...variables,
  };
}

/** Of each store the variables that its rules judge: where it is. */
export function placeVariables({ stores }: ServiceDeclaration): ReadonlySet<string> {
  return new Set(stores.flatMap((store) => [store.backendVariable, store.dsnVariable]));
}

/** Names that a service and its stores can give to a variable; `NAME_FILE` is the file of NAME. */
const NAME = /^[A-Z][A-Z0-9_]*(?<!_FILE)$/;

const ofServices = new WeakMap<ServiceDeclaration, ReadonlyMap<string, Variable>>();

/**
 * Every variable of a service, by name.
 * @throws TypeError for a name that is declared twice, or is none
 */
export function allVariables(service: ServiceDeclaration): ReadonlyMap<string, Variable> {
  const known = ofServices.get(service);
  if (known) return known;
  const all = new Map<string, Variable>(Object.entries(sharedVariables(plainName(service))));
  for (const declared of [...service.stores.map(storeVariables), service.variables ?? {}]) {
    for (const [name, variable] of Object.entries(declared)) {
      if (!NAME.test(name)) throw new TypeError(`${name} is no name of a variable`);
      if (all.has(name)) throw new TypeError(`${name} is declared twice`);
      all.set(name, variable);
    }
  }
  ofServices.set(service, all);
  return all;
}
