import { HEAD_BYTES, imageTypeOf } from '../../images/image-type.js';
import type { DriverAnswer } from '../driver.js';
import { ProviderAnswerFault, providerFailure } from './provider-failure.js';

/**
 * The image of a provider, whose type its first bytes tell.
 * @param provider its name
 * @throws ProviderAnswerFault for what is no image that is taken; of its `bytes` PROVIDER_FAILED, the reason of the signal
 */
export async function judgedImage(
  provider: string,
  content: AsyncGenerator<Uint8Array>,
  signal: AbortSignal,
): Promise<DriverAnswer> {
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < HEAD_BYTES) {
    const next = await content.next();
    if (next.done) break;
    first.push(next.value);
    bytes += next.value.length;
  }
  const head = Buffer.concat(first);
  const contentType = imageTypeOf(head);
  if (!contentType) {
    await content.return(undefined);
    throw new ProviderAnswerFault('its answer is no JPEG, PNG or WebP', true);
  }
  return { contentType, bytes: allOf(provider, head, content, signal) };
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
