import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Connections } from '@holdfast/nest/http/connections';
import { readIfNoneMatch, writeEntityTag } from '@holdfast/nest/http/entity-tag';
import type { RowFiles } from '../files/row-files.js';
import type { MediaObject } from '../objects/media-object.js';
import { holdsIfRange, readRange } from './byte-range.js';

/** Whatever it is, it runs nothing, and any page may show it. */
const PUBLIC_HEADERS = {
  'accept-ranges': 'bytes',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
} as const;

/** By which a saved file is opened again. */
const SUFFIXES: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
};

/**
 * Answers with a file, a range of it, or that the client has it already. Nothing is answered before the file is open.
 * @param name of the file, without its suffix
 * @param maxAgeSeconds for which it may be kept
 * @returns false, and nothing is answered, when the file is not there
 * @throws MEDIA_FILES_UNAVAILABLE, also when the file is damaged
 */
export async function sendFile(
  { files, connections }: { readonly files: RowFiles; readonly connections: Connections },
  {
    object,
    name,
    maxAgeSeconds,
  }: { readonly object: MediaObject; readonly name: string; readonly maxAgeSeconds: number },
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const tag = writeEntityTag(object.sha256);
  const answer = () =>
    reply.headers({
      ...PUBLIC_HEADERS,
      etag: tag,
      'cache-control': maxAgeSeconds > 0 ? `public, max-age=${maxAgeSeconds}` : 'no-store',
    });
  if (readIfNoneMatch(headers['if-none-match'])?.(object.sha256)) {
    void answer().code(304).send();
    return true;
  }
  const isHeld = method === 'GET' && holdsIfRange(headers['if-range'] as string | undefined, tag);
  const range = isHeld ? readRange(headers.range, object.bytes) : null;
  if (range === 'unsatisfiable') {
    void answer().code(416).header('content-range', `bytes */${object.bytes}`).send();
    return true;
  }
  // Of a HEAD as well: it says of the file what a GET would.
  const content = await files.open(object, method === 'HEAD' ? FIRST_BYTE : (range ?? undefined));
  if (!content) return false;
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  connections.expectLarge(reply.raw, end - start + 1);
  void answer()
    .code(range ? 206 : 200)
    .headers({
      'content-type': object.contentType,
      'content-length': end - start + 1,
      'content-disposition': `inline; filename="${name}${SUFFIXES[object.contentType] ?? ''}"`,
      ...(range && { 'content-range': `bytes ${start}-${end}/${object.bytes}` }),
    })
    .send(method === 'HEAD' ? emptied(content) : content);
  return true;
}

const FIRST_BYTE = { start: 0, end: 0 } as const;

/** Nothing, once what there is has been read: what it is read from ends as it does of itself. */
function emptied(content: Readable): Readable {
  content.on('error', () => undefined).resume();
  return Readable.from([]);
}
