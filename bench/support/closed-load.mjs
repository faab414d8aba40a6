import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';

/**
 * @typedef {object} ClosedFigures
 * @property {readonly number[]} latencies milliseconds, in the order of the answers
 * @property {number} unexpected answers with another status than 200, and requests without one
 */

/**
 * Sends requests on so many connections, each the next one when the last is answered, until both
 * the number and the time are reached.
 * @param {string} url
 * @param {object} extent
 * @param {number} extent.connections
 * @param {number} extent.requests at least
 * @param {number} extent.seconds at least
 * @param {(sent: number) => Record<string, string>} headersOf of the request of that number
 * @param {() => unknown} [meanwhile] done once, when a tenth of the requests has been answered
 * @returns {Promise<ClosedFigures>}
 */
export async function closedLoad(
  url,
  { connections, requests, seconds },
  headersOf,
  meanwhile = () => undefined,
) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  /** @type {number[]} */
  const latencies = [];
  let [sent, unexpected, isDone] = [0, 0, false];
  /** @type {unknown} */
  let doing;
  const until = performance.now() + seconds * 1000;
  const isOver = () => sent >= requests && performance.now() >= until;
  const send = async () => {
    while (!isOver()) {
      const headers = headersOf((sent += 1));
      const begun = performance.now();
      const status = await statusOf(url, { agent, headers });
      latencies.push(performance.now() - begun);
      if (status !== 200) unexpected += 1;
      if (!isDone && latencies.length >= requests / 10) {
        isDone = true;
        doing = meanwhile();
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  await doing;
  agent.destroy();
  return { latencies, unexpected };
}

/**
 * @param {string} url
 * @param {import('node:http').RequestOptions} options
 * @returns {Promise<number>} 0 without an answer
 */
function statusOf(url, options) {
  return new Promise((resolve) => {
    const request = get(url, options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', () => resolve(0));
  });
}
