import type { IncomingMessage } from 'node:http';
import { ProviderAnswerFault } from '../http/provider-failure.js';
import { assertPublicUrl, lookupPublic } from '../http/public-address.js';
import { send, statusOf } from '../http/send.js';

const MOST_REDIRECTS = 3;

/**
 * Fetches what the provider names: from itself, or from a public place, to which its key does not go.
 * @throws ProviderAnswerFault, ProviderStatus, what the connection fails with, the reason of the signal
 */
export async function download(
  url: URL,
  { base, headers }: { readonly base: URL; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let next = url;
  for (let followed = 0; followed <= MOST_REDIRECTS; followed++) {
    const isOwn = next.origin === base.origin;
    if (!isOwn) assertPublicUrl(next);
    const request = { url: next, method: 'GET', headers: isOwn ? headers : {} } as const;
    const response = await send(isOwn ? request : { ...request, lookup: lookupPublic }, signal);
    const { statusCode = 0, headers: answered } = response;
    if (statusCode === 200) return response;
    const status = statusOf(response);
    if (statusCode < 300 || statusCode >= 400) throw status;
    next = urlIn(answered.location, next);
  }
  throw new ProviderAnswerFault('its answer leads on and on');
}

/** @throws ProviderAnswerFault for what is no URL of HTTP */
export function urlIn(given: unknown, base: URL): URL {
  const url =
    typeof given === 'string' && URL.canParse(given, base.href) ? new URL(given, base) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new ProviderAnswerFault('its answer names no place');
  return url;
}
