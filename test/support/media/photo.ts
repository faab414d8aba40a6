import { createHash, randomBytes } from 'node:crypto';

/** The head of a grey JPEG of 256 by 256 pixels, up to where its picture begins. */
export const JPEG_HEAD = Buffer.from(
  'ffd8' +
    'ffe000104a46494600010100000100010000' +
    'ffc0000b080100010001011100' +
    'ffda0008010100003f00',
  'hex',
);

/** What passes for a JPEG by its head; no two are the same. */
export function photoOf(bytes: number): Buffer {
  return Buffer.concat([JPEG_HEAD, randomBytes(Math.max(0, bytes - JPEG_HEAD.length))]);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The fields in their order; a file is given as bytes. */
export type FormEntries = readonly (readonly [name: string, value: string | Uint8Array])[];

export function formOf(entries: FormEntries): FormData {
  const form = new FormData();
  for (const [name, value] of entries) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value]), 'photo.jpg');
  }
  return form;
}

/** An answer with an image, or with a problem document. */
export interface PhotoAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Of a problem document. */
  readonly code: string | undefined;
}

export async function sendPhoto(
  url: string,
  entries: FormEntries,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<PhotoAnswer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: formOf(entries),
    ...(signal && { signal }),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json');
  const { code } = isProblem ? (JSON.parse(body.toString()) as { readonly code: string }) : {};
  return { status: answer.status, headers: answer.headers, body, code };
}
