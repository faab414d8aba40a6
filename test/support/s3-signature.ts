import { createHash, createHmac } from 'node:crypto';

/** What a request has that is signed. */
export interface SignedRequest {
  readonly method: string;
  /** With the query, as it was sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

/**
 * Whether a request is signed with a secret as "Signature Version 4" of Amazon's asks for, with its body; told from
 * what was sent alone, without the library that has sent it.
 */
export function isSignedWith(
  secret: string,
  { method, url, headers, body }: SignedRequest,
): boolean {
  const { authorization = '', 'x-amz-content-sha256': digest = '' } = headers;
  const parts = /Credential=[^/]+\/([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)/.exec(
    authorization,
  );
  const [, scope = '', names = '', signature] = parts ?? [];
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    path,
    query
      .split('&')
      .filter(Boolean)
      .map((each) => (each.includes('=') ? each : `${each}=`))
      .toSorted()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names,
    digest,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return digest === sha256(body) && hmac(key, text).toString('hex') === signature;
}
