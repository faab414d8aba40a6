import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { ProviderStatus } from './provider-failure.js';

/** What a provider is asked. */
export interface ProviderRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** How many bytes it has is in the headers. */
  readonly body?: AsyncIterable<Uint8Array>;
  readonly lookup?: LookupFunction;
}

/**
 * Sends a request on a connection of its own, which the signal ends, whatever is under way on it. Follows nothing.
 * @returns an answer of any status; whoever does not read it destroys it
 * @throws what the connection fails with, the reason of the signal
 */
export async function send(
  { url, method, headers, body, lookup }: ProviderRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const options = { method, headers, agent: false, signal, ...(lookup && { lookup }) };
  const request =
    url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // It stays, for what happens to the connection after the answer has begun.
    request.on('error', reject);
  });
  answered.catch(() => undefined);
  try {
    if (!body) request.end();
    // What breaks while it is sent is told by the answer, which a provider may give before it has read all.
    else pipeline(body, request).catch(() => undefined);
    return await answered;
  } catch (error) {
    request.destroy();
    signal.throwIfAborted();
    throw error;
  }
}

/** The status of what was not wanted. Its body is not read. */
export function statusOf(response: IncomingMessage): ProviderStatus {
  response.destroy();
  return new ProviderStatus(response.statusCode ?? 0, retryAfterSeconds(response));
}

/** As HTTP has it: seconds, or a date. */
export function retryAfterSeconds({ headers }: IncomingMessage): number | undefined {
  const given = headers['retry-after']?.trim();
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  const at = Date.parse(given);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}
