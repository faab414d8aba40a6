import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from './config/settings.js';
import { Lifecycle } from './lifecycle.js';
import type { Log } from './logging/log.js';
import { EXIT, ReasonError } from './reasons.js';
import { release } from './release.js';

/** Opens the port, and closes everything in order when the process is asked to stop. */
export async function serve(
  app: NestFastifyApplication,
  settings: Settings,
  log: Log,
): Promise<void> {
  const lifecycle = app.get(Lifecycle);
  stopOnSignal(app, lifecycle, log);
  const { host, port } = settings.http;
  try {
    await app.listen(port, host);
  } catch (cause) {
    throw new ReasonError('LISTEN_FAILED', { detail: `port ${port} on ${host}`, cause });
  }
  lifecycle.phase = 'serving';
  for (const { code, variable, message } of settings.shadow) {
    log.warn({ event: 'shadow.violation', code, variable }, `PRODUCTION would refuse: ${message}`);
  }
  log.info({
    event: 'started',
    version: release.version,
    profile: settings.profile,
    environment: settings.environment,
    stores: Object.fromEntries(settings.stores.map(({ store, backend }) => [store, backend])),
  });
  log.info({ event: 'listening', url: urlOf(app) });
}

/** Ends the process with the code of the catalogue; whatever is not in it ends it with 1. */
export async function endOnFailure(log: Log, work: () => Promise<void>): Promise<void> {
  process.on('uncaughtException', (error) => {
    log.fatal(
      { event: 'process.failed', code: 'INTERNAL_ERROR', err: error },
      'ends: uncaught error',
    );
    process.exit(EXIT.failed);
  });
  try {
    await work();
  } catch (error) {
    const failure =
      error instanceof ReasonError ? error : new ReasonError('INTERNAL_ERROR', { cause: error });
    const { code, message, reason, cause } = failure;
    log.fatal({ event: 'startup.failed', code, fix: reason.fix, err: cause }, message);
    process.exit(reason.exit ?? EXIT.failed);
  }
}

/** The first signal drains, the second ends at once. */
function stopOnSignal(app: NestFastifyApplication, lifecycle: Lifecycle, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (lifecycle.phase === 'draining') process.exit(EXIT.failed);
      lifecycle.phase = 'draining';
      log.info({ event: 'draining', signal });
      app.close().then(
        () => {
          log.info({ event: 'stopped' });
          process.exit(EXIT.ok);
        },
        (error: unknown) => {
          log.error({ event: 'stop.failed', err: error });
          process.exit(EXIT.failed);
        },
      );
    });
  }
}

function urlOf(app: NestFastifyApplication): string {
  const address = app.getHttpServer().address();
  if (address === null || typeof address === 'string') return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
