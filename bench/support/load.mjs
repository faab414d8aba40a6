import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { converse } from './conversation.mjs';
import { percentile } from './figures.mjs';

export const CONNECTIONS = 32;
/** What the last run left to be done is over by then. */
const PAUSE_MS = 200;

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {string} [method] default: GET
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 *
 * @typedef {object} Load
 * @property {Request & { readonly setupRequest?: (request: Request) => Request }} request which `setupRequest`
 * makes another one each time
 * @property {number} expects status code; any other counts as an error
 *
 * @typedef {object} Figures
 * @property {number} answers
 * @property {number} perSecond answers
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {number} errors connections that ended without an answer, and unexpected status codes
 */

/**
 * Sends a request over and over on each of the connections.
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
  const place = new URL(url);
  const nextRequest = writerOf(request, place.host);
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const next = () => (performance.now() < until ? nextRequest() : undefined);
  const onAnswer = (status, milliseconds) => {
    lastAt = performance.now();
    latencies.push(milliseconds);
    if (status !== expects) unexpected += 1;
  };
  const conversations = Array.from({ length: CONNECTIONS }, () => converse(place, next, onAnswer));
  const broken = (await Promise.all(conversations)).filter((isAnswered) => !isAnswered).length;
  await wait(PAUSE_MS);
  return {
    answers: latencies.length,
    perSecond: latencies.length === 0 ? 0 : (latencies.length / (lastAt - startedAt)) * 1000,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    errors: broken + unexpected,
  };
}

/**
 * @param {Load['request']} request
 * @param {string} host
 * @returns {() => string} a request as it is sent
 */
function writerOf({ setupRequest, ...request }, host) {
  if (setupRequest) return () => written(setupRequest(request), host);
  const always = written(request, host);
  return () => always;
}

/**
 * @param {Request} request
 * @param {string} host
 */
function written({ method = 'GET', path, headers = {}, body = '' }, host) {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host, ...headers, ...length }).map(([name, value]) => {
    return `${name}: ${value}\r\n`;
  });
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
