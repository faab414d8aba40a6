import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from './figures.mjs';

const TICK_MS = 1;

/**
 * @typedef {object} RateFigures
 * @property {number} perSecond requests that were sent
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {Record<string, number>} statuses how many answers had each
 * @property {number | null} firstFailureMs from the start to the first answer that is not 200
 * @property {number} errors requests without an answer
 */

/**
 * Sends requests at a steady rate, whether those before have been answered or not: a slow answer
 * does not make the next one look better.
 * @param {string} url
 * @param {number} rate requests a second
 * @param {number} seconds
 * @returns {Promise<RateFigures>}
 */
export async function measureAtRate(url, rate, seconds) {
  const agent = new Agent({ keepAlive: true });
  /** @type {number[]} */
  const latencies = [];
  /** @type {Record<string, number>} */
  const statuses = {};
  /** @type {number | null} */
  let firstFailureMs = null;
  let errors = 0;
  const startedAt = performance.now();
  const ask = () =>
    new Promise((resolve) => {
      const sentAt = performance.now();
      const request = get(url, { agent }, (response) => {
        response.resume().on('end', () => {
          const now = performance.now();
          latencies.push(now - sentAt);
          statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
          if (response.statusCode !== 200) firstFailureMs ??= now - startedAt;
          resolve();
        });
      });
      request.on('error', () => {
        errors += 1;
        resolve();
      });
    });
  const all = [];
  const total = rate * seconds;
  while (all.length < total) {
    const due = Math.min(total, ((performance.now() - startedAt) / 1000) * rate);
    while (all.length < due) all.push(ask());
    await wait(TICK_MS);
  }
  const perSecond = (all.length / (performance.now() - startedAt)) * 1000;
  await Promise.all(all);
  agent.destroy();
  return {
    perSecond,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    statuses,
    firstFailureMs,
    errors,
  };
}
