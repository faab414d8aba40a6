import type { DynamicModule, Type } from '@nestjs/common';
import { createLog, type Log } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { configure } from '@holdfast/guard/configure';
import type { Settings } from '@holdfast/guard/settings';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { type Service, migratedStoresOf } from '@holdfast/migrate/service';
import type { StoreWithEntities } from './database/store-entities.js';
import { endOnFailure, endOnSignal, serve } from './serve.js';
import { verifyDatabases } from './verification/startup-verification.js';

/** What the guard has let through, and the log. */
export interface StartContext {
  readonly settings: Settings;
  readonly stores: readonly MigratedStore[];
  readonly log: Log;
}

/** Loads what the service serves; called once the databases are verified, so that a refusal is fast. */
export type LoadContent = (
  context: StartContext,
) => Promise<DynamicModule | Type> | DynamicModule | Type;

export interface StartOptions extends Service {
  readonly stores: readonly StoreWithEntities[];
  /**
   * A rule of the service's own: called before a database is opened. What it returns is called once the
   * databases are verified, and before the port opens. What either throws ends the process.
   */
  readonly gate?: (context: StartContext) => Promise<(() => Promise<void>) | undefined>;
}

/**
 * A service from its first line to its last: the guard, the verification of each database (under LOCAL,
 * and with MIGRATE_ON_START, pending migrations are applied), the port, and draining on SIGTERM or SIGINT.
 * Ends the process with the exit code of the catalogue: 78 for a configuration that is refused, 69 for a
 * database that is not fit, 0 once drained.
 */
export async function start(load: LoadContent, options: StartOptions): Promise<void> {
  endOnSignal();
  const settings = configure(process, options);
  const release = releaseOf(options.release);
  const log = await createLog(settings.log);
  await endOnFailure(log, async () => {
    const stores = migratedStoresOf(options, settings.stores);
    const context: StartContext = { settings, stores, log };
    const judgeVerified = await options.gate?.(context);
    await verifyDatabases(settings, stores, release, log);
    await judgeVerified?.();
    const content = await load(context);
    const { HoldfastModule } = await import('./holdfast.module.js');
    const { loadEntities } = await import('./database/store-entities.js');
    const { createApplication } = await import('./http/application.js');
    const entities = await loadEntities(options.stores, settings.stores);
    const module = await HoldfastModule.register(settings, stores, log, [content], entities);
    const app = await createApplication(module, settings, release, log);
    await serve(app, settings, release, log);
  });
}
