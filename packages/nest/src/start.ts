import type { DynamicModule, Type } from '@nestjs/common';
import { createLog } from '@holdfast/core/log';
import { releaseOf } from '@holdfast/core/release';
import { configure } from '@holdfast/guard/configure';
import type { HttpFramework } from './http/application.js';
import { endOnFailure, endOnSignal } from './process-end.js';
import {
  type StartContext,
  type VerifiedService,
  verifyService,
  whileStarting,
} from './verified-service.js';

export type { StartContext } from './verified-service.js';

/** Loads what the service serves; called once the databases are verified, so that a refusal is fast. */
export type LoadContent = (
  context: StartContext,
) => Promise<DynamicModule | Type> | DynamicModule | Type;

export interface StartOptions extends VerifiedService {
  /** Fastify unless said otherwise. */
  readonly framework?: HttpFramework;
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
    const context = await verifyService(options, settings, log);
    const content = await load(context);
    const { HoldfastModule } = await import('./holdfast.module.js');
    const { createApplication } = await import('./http/application.js');
    const { loadEntities } = await import('./database/store-entities.js');
    const { serve } = await import('./serve.js');
    const entities = await loadEntities(options.stores, settings.stores);
    const module = await HoldfastModule.register(
      settings,
      context.stores,
      log,
      [content],
      entities,
    );
    const app = await whileStarting(() =>
      createApplication(module, settings, release, log, options.framework),
    );
    await serve(app, settings, release, log);
  });
}
