import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import autocannon from 'autocannon';
import { percentile } from './figures.mjs';

export const CONNECTIONS = 32;
/** What the last run left unanswered is over by then. */
const PAUSE_MS = 200;

/**
 * @typedef {object} Load
 * @property {object} request as autocannon takes it
 * @property {number} expects status code; any other counts as an error
 *
 * @typedef {object} Figures
 * @property {number} answers
 * @property {number} perSecond answers
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {number} errors failed connections, time-outs and unexpected status codes
 */

/**
 * Sends a request over and over on each of the connections. Counted here: autocannon's own
 * latencies are whole milliseconds.
 * @param {string} url
 * @param {Load} load
 * @param {number} seconds
 * @returns {Promise<Figures>}
 */
export async function measure(url, { request, expects }, seconds) {
  /** @type {number[]} */
  const latencies = [];
  let unexpected = 0;
  let lastAt = 0;
  const startedAt = performance.now();
  const run = autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    requests: [request],
  });
  run.on('response', (_client, status, _bytes, milliseconds) => {
    lastAt = performance.now();
    latencies.push(milliseconds);
    if (status !== expects) unexpected += 1;
  });
  const { errors } = await run;
  await wait(PAUSE_MS);
  return {
    answers: latencies.length,
    perSecond: latencies.length === 0 ? 0 : (latencies.length / (lastAt - startedAt)) * 1000,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    errors: errors + unexpected,
  };
}
