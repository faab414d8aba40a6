import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { deprecatedInUse } from '@holdfast/guard/deprecated-variables';
import { CALLER_GATE, type CallerGate } from './auth/caller-gate.js';
import { drain } from './drain.js';
import { Connections } from './http/connections.js';
import { OperationsListener, urlOf } from './http/operations-listener.js';
import { warnOfUnheardTracing } from './http/unheard-tracing.js';
import { sendLastSpans } from './last-spans.js';
import { Lifecycle } from './lifecycle.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { endImmediately, SIGNALS } from './process-end.js';
import { inWords } from '@holdfast/core/deprecation';
import type { Log } from '@holdfast/core/log';
import { EXIT } from '@holdfast/core/reasons';
import { ReasonError } from './reasons.js';
import type { Release } from '@holdfast/core/release';
import { holdTickShape } from './tick-shape.js';

/** Opens the port, and closes everything in order on a signal. */
export async function serve(
  app: INestApplication<Server>,
  settings: Settings,
  release: Release,
  log: Log,
): Promise<void> {
  holdTickShape();
  const { host, port } = settings.http;
  const operations = operationsOf(app, settings);
  const operationsUrl = await operations?.listen(settings.operations.port, host);
  try {
    await app.listen(port, host);
  } catch (cause) {
    throw new ReasonError('LISTEN_FAILED', { detail: `port ${port} on ${host}`, cause });
  }
  app.get(Lifecycle).phase = 'serving';
  stopOnSignal(app, settings, log, operations);
  for (const { code, variable, message } of settings.shadow) {
    log.warn({ event: 'shadow.violation', code, variable }, `PRODUCTION would refuse: ${message}`);
  }
  for (const { variable, message } of settings.ignoredParameters) {
    log.warn({ event: 'dsn.parameter_ignored', variable }, message);
  }
  for (const { variable, message } of settings.exposedFiles) {
    log.warn({ event: 'secret.exposed', code: 'SECRET_FILE_PERMISSIONS', variable }, message);
  }
  for (const { variable, message } of settings.notices) {
    log.warn({ event: 'setting.unknown', variable }, message);
  }
  for (const variable of settings.unusedDsns) {
    log.warn({ event: 'setting.unused', variable }, 'is set, but no store is on POSTGRES with it');
  }
  for (const { variable, deprecation } of deprecatedInUse(settings)) {
    log.warn({ event: 'setting.deprecated', variable }, `is ${inWords(deprecation)}`);
  }
  warnOfUnheardTracing(log);
  log.info({
    event: 'started',
    version: release.version,
    profile: settings.profile,
    ...(settings.environment !== null && { environment: settings.environment }),
    stores: Object.fromEntries(settings.stores.map(({ store, backend }) => [store, backend])),
  });
  if (operationsUrl !== undefined) {
    log.info({ event: 'listening.operations', url: operationsUrl });
  }
  log.info({ event: 'listening', url: urlOfApp(app) });
}

/**
 * The first signal drains and ends with 0. The second ends it immediately, with 0 when nothing is lost by
 * that and 1 when a request goes unanswered.
 */
function stopOnSignal(
  app: INestApplication<Server>,
  settings: Settings,
  log: Log,
  operations: OperationsListener | undefined,
): void {
  const lifecycle = app.get(Lifecycle);
  const connections = app.get(Connections);
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const inFlight = connections.inFlight;
      if (lifecycle.phase === 'draining') process.exit(inFlight === 0 ? EXIT.ok : EXIT.failed);
      lifecycle.phase = 'draining';
      log.info({ event: 'draining', signal, in_flight: inFlight, connections: connections.open });
      void stop(app, signal, settings, log, operations);
    });
    // In this order: without any listener, Node forgets a signal that has come but has not been delivered yet.
    process.off(signal, endImmediately);
  }
}

async function stop(
  app: INestApplication<Server>,
  signal: NodeJS.Signals,
  { shutdown }: Settings,
  log: Log,
  operations: OperationsListener | undefined,
): Promise<void> {
  try {
    const close = async () => {
      await operations?.close();
      await app.close();
    };
    // SIGINT comes from a terminal, where no load balancer has to notice.
    const bounds = signal === 'SIGINT' ? { ...shutdown, drainMs: 0 } : shutdown;
    const drained = await drain(app.get(Connections), app.get(Lifecycle), bounds, close);
    const isWhole = drained.abandoned === 0 && !drained.late;
    log[isWhole ? 'info' : 'warn']({ event: 'stopped', ...drained });
    await sendLastSpans(log);
    process.exit(EXIT.ok);
  } catch (error) {
    log.error({ event: 'stop.failed', err: error });
    process.exit(EXIT.failed);
  }
}

function urlOfApp(app: INestApplication<Server>): string {
  const address = app.getHttpServer().address();
  return address === null || typeof address === 'string' ? String(address) : urlOf(address);
}

/** Undefined where operators look at the main port. */
function operationsOf(
  app: INestApplication<Server>,
  { operations: { access } }: Settings,
): OperationsListener | undefined {
  const gate = app.get<CallerGate | null>(CALLER_GATE);
  if (access !== 'separate-port' || !gate) return undefined;
  return new OperationsListener(
    app.getHttpServer(),
    gate,
    app.get(Connections),
    app.get(RequestMetrics),
  );
}
