import { configuration, defineReasons } from '@holdfast/core/reasons';
import type { StoreDeclaration } from './store-declaration.js';

/**
 * Declares a store: the two codes with which the guard refuses it under PRODUCTION join the catalogue.
 * @returns the store as given
 * @throws TypeError for a prefix that another store has, or that makes no code, and for a switch that is
 * none of the store's variables
 */
export function defineStore<Store extends StoreDeclaration>(store: Store): Store {
  const { name, prefix, variables = {}, enabledBy } = store;
  if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(prefix)) {
    throw new TypeError(`${JSON.stringify(prefix)} is no prefix of a reason code`);
  }
  const switchless = enabledBy.find((each) => !(each in variables));
  if (switchless !== undefined) {
    throw new TypeError(`${switchless}, which turns ${name} on, is none of its variables`);
  }
  const [backend, dsn] = storeCodes(prefix);
  defineReasons({
    [backend]: configuration(
      `The PRODUCTION profile needs the ${prefix} store on POSTGRES.`,
      'Set its backend variable to POSTGRES, or remove it: that is the default in PRODUCTION.',
    ),
    [dsn]: configuration(
      `The PRODUCTION profile finds no connection string for the ${prefix} store.`,
      "Set the store's DSN variable, DATABASE_URL, or DB_HOST, DB_NAME and DB_USER.",
    ),
  });
  return store;
}

/**
 * Declares a store whose variables and codes follow from its name: `orders` has ORDERS_STORE_BACKEND and
 * ORDERS_POSTGRES_DSN, and is always on.
 * @param name in lower case, with underscores
 * @param more such as variables of its own
 * @throws TypeError as `defineStore`
 */
export function storeNamed(
  name: string,
  more: Partial<Pick<StoreDeclaration, 'meaning' | 'enabledBy' | 'variables'>> = {},
): StoreDeclaration {
  const prefix = name.toUpperCase();
  return defineStore({
    name,
    prefix,
    meaning: name.replaceAll('_', ' '),
    backendVariable: `${prefix}_STORE_BACKEND`,
    dsnVariable: `${prefix}_POSTGRES_DSN`,
    enabledBy: [],
    ...more,
  });
}

/** The guard's two codes of a store: it is not on POSTGRES; it has no connection string. */
export function storeCodes(prefix: string): readonly [backend: string, dsn: string] {
  const code = `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`;
  return [code, `${code}_DSN`];
}
