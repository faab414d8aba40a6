import type { IncomingMessage } from 'node:http';
import { ProviderAnswerFault } from './provider-failure.js';

/**
 * The bytes of an answer, and no more than these.
 * @throws ProviderAnswerFault, what the connection fails with, the reason of the signal
 */
export async function* boundedBytes(
  response: IncomingMessage,
  mostBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new ProviderAnswerFault('its answer is too long');
      yield chunk;
    }
    if (!response.complete) throw new ProviderAnswerFault('its answer breaks off', true);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    response.destroy();
  }
}

/** More is no answer but an image. */
const MOST_JSON_BYTES = 1 << 20;

/** @throws ProviderAnswerFault for what is no JSON, or too long */
export async function readJson(response: IncomingMessage, signal: AbortSignal): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of boundedBytes(response, MOST_JSON_BYTES, signal)) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new ProviderAnswerFault('its answer is no JSON', true);
  }
}
