import { HeadReader } from '../../images/head-reader.js';
import { NO_IMAGE } from '../../images/most-pixels.js';
import type { DriverAnswer } from '../driver.js';
import { ProviderAnswerFault, providerFailure } from './provider-failure.js';

/** Of an answer whose head is longer, what is beyond is judged while it is stored: then it is too late to ask again. */
const MOST_HELD_BYTES = 1 << 20;

/**
 * The image of a provider, once its head is known: as long as nothing of it is given on, it can be asked for again.
 * @param provider its name
 * @throws ProviderAnswerFault for what is no image that is taken; of its `bytes` PROVIDER_FAILED, the reason of the signal
 */
export async function judgedImage(
  provider: string,
  content: AsyncGenerator<Uint8Array>,
  signal: AbortSignal,
): Promise<DriverAnswer> {
  const reader = new HeadReader();
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (!reader.isOver && bytes < MOST_HELD_BYTES) {
    const next = await content.next();
    if (next.done) break;
    reader.push(next.value);
    first.push(next.value);
    bytes += next.value.length;
  }
  const { contentType, head } = reader;
  if (!contentType || (!head && (reader.isOver || bytes < MOST_HELD_BYTES))) {
    await content.return(undefined);
    throw new ProviderAnswerFault(`its answer is ${NO_IMAGE}`, true);
  }
  return { contentType, bytes: allOf(provider, Buffer.concat(first), content, signal) };
}

async function* allOf(
  provider: string,
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    yield* rest;
  } catch (error) {
    signal.throwIfAborted();
    throw providerFailure(provider, error);
  } finally {
    await rest.return(undefined);
  }
}
