import { setTimeout as wait } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from './config/settings.js';
import { Lifecycle } from './lifecycle.js';
import type { Log } from './logging/log.js';
import { EXIT, ReasonError } from './reasons.js';
import { release } from './release.js';

const STOP_TIMEOUT_MS = 25_000;
/** Left for closing the databases when requests have used up the time. */
const CLOSE_MS = 1000;
const POLL_MS = 20;

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
  for (const variable of settings.unusedDsns) {
    log.warn({ event: 'setting.unused', variable }, 'is set, but no store is on POSTGRES with it');
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
      log.info({ event: 'draining', signal, in_flight: lifecycle.inFlight });
      void stop(app, lifecycle, log);
    });
  }
}

/**
 * Answers what has begun, probes included, then closes everything. What hangs for longer than
 * `STOP_TIMEOUT_MS` is cut off.
 */
async function stop(app: NestFastifyApplication, lifecycle: Lifecycle, log: Log): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (lifecycle.inFlight > 0 && performance.now() < deadline) await wait(POLL_MS);
  const abandoned = lifecycle.inFlight;
  // Sockets that carry no request would keep the server open for as long as they like.
  const cutting = setInterval(() => {
    app.getHttpServer().closeAllConnections();
  }, POLL_MS);
  const bound = wait(Math.max(CLOSE_MS, deadline - performance.now())).then(() => 'late' as const);
  try {
    const late = await Promise.race([app.close(), bound]);
    log.info({ event: 'stopped', abandoned, late: late === 'late' });
    process.exit(EXIT.ok);
  } catch (error) {
    log.error({ event: 'stop.failed', err: error });
    process.exit(EXIT.failed);
  } finally {
    clearInterval(cutting);
  }
}

function urlOf(app: NestFastifyApplication): string {
  const address = app.getHttpServer().address();
  if (address === null || typeof address === 'string') return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
