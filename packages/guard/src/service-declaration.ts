import type { StoreDeclaration } from './store-declaration.js';
import type { Variables } from './variable.js';

/** What the guard knows about a service. */
export interface ServiceDeclaration {
  /** Made by `defineStore()`. */
  readonly stores: readonly StoreDeclaration[];
  /**
   * Whether it works on the database that `DATABASE_URL` names, or `DB_HOST` with its parts, without a store that
   * is there. It is then among the databases, if it is given.
   */
  readonly sharedDatabase?: boolean;
  /** Variables that belong to no store; `valuesOf` reads them. */
  readonly variables?: Variables;
  /** Defaults that have to differ from service to service are made of its name. */
  readonly release: { readonly name: string };
  /** How it is called in a sentence; `release.name` unless given. */
  readonly title?: string;
}

/** Without the scope of an npm package: as a file or an application may be called. */
export function plainName({ release }: ServiceDeclaration): string {
  return release.name.replace(/^.*\//, '');
}

/** How the service is called in a sentence. */
export function titleOf({ title, release }: ServiceDeclaration): string {
  return title ?? release.name;
}
