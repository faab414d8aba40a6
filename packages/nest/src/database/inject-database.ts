import { Inject } from '@nestjs/common';

/** Injection token of the `SqlDatabase` that holds a store; null for a store that is in memory. */
export function storeDatabaseToken(store: string): string {
  return `holdfast.store.${store}.database`;
}

/**
 * Injects the `SqlDatabase` that holds a store, whatever the other stores are bound to.
 * @param store its name, as in `defineStore()`
 */
export function InjectDatabase(store: string): ParameterDecorator & PropertyDecorator {
  return Inject(storeDatabaseToken(store));
}
