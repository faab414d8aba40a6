import type { IncomingMessage } from 'node:http';

const PAGE = /(?:^|,)\s{0,9}text\/html\b/i;

/**
 * Where whoever opens a page in a browser logs in, and is led back to it; undefined for what is no browser, or asks
 * with a token. Of the path itself nothing is believed here: the page of log-ins leads to paths of the service alone.
 */
export function loginPathFor({ method, headers, url }: IncomingMessage): string | undefined {
  const isPage = method === 'GET' && PAGE.test(headers.accept ?? '');
  if (!isPage || headers.authorization !== undefined) return undefined;
  return `/login?next=${encodeURIComponent(url ?? '')}`;
}
