import { INGEST_PASSWORD } from '../../media/open-slot.js';
import { request } from '../abuse-case.js';
import type { Sent } from '../exchange.js';
import type { Headers } from '../stage.js';
import { SLOTS } from './media-stage.js';

export const BOUNDARY = 'abuse-boundary';
export const END = `--${BOUNDARY}--\r\n`;

type Content = string | Buffer;

/** One part of a form, its headers as they are given. */
export function part(headers: string, content: Content): Buffer {
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`, 'latin1'),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
}

export const field = (name: string, value: Content) =>
  part(`Content-Disposition: form-data; name="${name}"`, value);

export const file = (content: Content, more = '; filename="a.jpg"', name = 'file') =>
  part(`Content-Disposition: form-data; name="${name}"${more}`, content);

export const PASSWORD = field('password', INGEST_PASSWORD);

/** A form of these parts, whole, unless the headers say otherwise. */
export function post(
  target: string,
  parts: readonly Content[],
  headers: Headers = {},
  end = END,
): Sent {
  const body = Buffer.concat([...parts.map((each) => Buffer.from(each)), Buffer.from(end)]);
  return request(
    'POST',
    target,
    { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
    body,
  );
}

export const ingest = (
  parts: readonly Content[],
  headers: Headers = {},
  slot: string = SLOTS.open,
) => post(`/api/ingest/${slot}`, parts, headers);

/** By who knows the password. */
export const photo = (content: Content, slot?: string) =>
  ingest([PASSWORD, file(content)], {}, slot);
