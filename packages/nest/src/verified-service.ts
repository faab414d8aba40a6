import type { Log } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import type { Settings } from '@holdfast/guard/settings';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { type Service, migratedStoresOf } from '@holdfast/migrate/service';
import type { StoreWithEntities } from './database/store-entities.js';
import { verifyDatabases } from './verification/startup-verification.js';

/** What the guard has let through, and the log. */
export interface StartContext {
  readonly settings: Settings;
  readonly stores: readonly MigratedStore[];
  readonly log: Log;
}

export interface VerifiedService extends Service {
  readonly stores: readonly StoreWithEntities[];
  /**
   * A rule of the service's own: called before a database is opened. What it returns is called once the
   * databases are verified, and before anything is served. What either throws refuses the start.
   */
  readonly gate?: (context: StartContext) => Promise<(() => Promise<void>) | undefined>;
}

/** The gate, and each database: all that comes after the guard and before anything is served. */
export async function verifyService(
  service: VerifiedService,
  settings: Settings,
  log: Log,
): Promise<StartContext> {
  const stores = migratedStoresOf(service, settings.stores);
  const context: StartContext = { settings, stores, log };
  const judgeVerified = await service.gate?.(context);
  await verifyDatabases(settings, stores, releaseOf(service.release), log);
  await judgeVerified?.();
  return context;
}

let starting = false;

/** Whether `start()` is making its application, which has all that `HoldfastModule.forRoot()` would bring. */
export function isStarting(): boolean {
  return starting;
}

/**
 * For `start()`, of which a process has one. No AsyncLocalStorage: on Node 20 it makes every promise of Nest's
 * injector dearer, a tenth of the start.
 */
export async function whileStarting<T>(make: () => Promise<T>): Promise<T> {
  starting = true;
  try {
    return await make();
  } finally {
    starting = false;
  }
}
