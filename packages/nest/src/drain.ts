import { setTimeout as wait } from 'node:timers/promises';
import type { Settings } from '@holdfast/guard/settings';
import type { Connections } from './http/connections.js';
import type { Lifecycle } from './lifecycle.js';
import { endsWithin } from '@holdfast/core/deadline';

/** Left of the whole time for closing jobs, Redis and pools, at most. */
const CLOSE_MS = 1000;
/** How long a client may take to close its side of an idle socket. */
const LINGER_MS = 500;
/** A load balancer that has not probed for so long is not there. */
const WATCHED_MS = 60_000;
/** Without a load balancer the drain ends when no socket has been open for so long. */
const QUIET_MS = 250;
const POLL_MS = 20;

export interface Drained {
  /** Requests that were not answered in time. */
  readonly abandoned: number;
  /** Whether jobs, Redis and pools did not close in time. */
  readonly late: boolean;
}

/**
 * Answers until load balancers have noticed, then closes: HTTP, and what `closeRest` closes. Takes
 * no longer than `timeoutMs`, whatever hangs.
 *
 * The listener stays open for `drainMs`: a load balancer sends requests until it has seen a 503.
 * Only when readiness was not requested within the last minute, and no socket is open, is there
 * nothing to wait for. Kept-alive sockets go away with their next answer, which says
 * `Connection: close`; those that are still idle at the end are half-closed, not reset.
 */
export async function drain(
  connections: Connections,
  lifecycle: Lifecycle,
  { drainMs, timeoutMs }: Settings['shutdown'],
  closeRest: () => Promise<void>,
): Promise<Drained> {
  const begun = performance.now();
  const deadline = begun + timeoutMs;
  connections.closeAfterAnswers();
  await until(() => isUnobserved(connections, lifecycle), begun + drainMs);

  // Connections in the backlog are accepted before the listener closes, where the system would reset them.
  await connections.acceptWaiting();
  connections.stopListening();
  const lastAnswer = deadline - Math.min(CLOSE_MS, (timeoutMs - drainMs) / 2);
  await until(() => connections.inFlight + connections.expected === 0, lastAnswer);
  const abandoned = connections.inFlight;
  connections.endIdle();
  await until(() => connections.open === 0, Math.min(lastAnswer, performance.now() + LINGER_MS));
  connections.destroy();

  const left = Math.max(0, deadline - performance.now());
  const late = !(await endsWithin(left, closeRest()));
  return { abandoned, late };
}

function isUnobserved(connections: Connections, { readinessProbedAt }: Lifecycle): boolean {
  return (
    performance.now() - readinessProbedAt > WATCHED_MS &&
    connections.inFlight === 0 &&
    connections.idleMs > QUIET_MS
  );
}

async function until(isSo: () => boolean, deadline: number): Promise<void> {
  while (!isSo() && performance.now() < deadline) await wait(POLL_MS);
}
