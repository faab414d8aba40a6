import { gzipSync } from 'node:zlib';
import { INGEST_PASSWORD } from '../../media/open-slot.js';
import { photoOf } from '../../media/photo.js';
import { newAddress, request, rows } from '../abuse-case.js';
import { BOMBS, NO_PHOTOS, SVG, UNDECODABLE } from './content.js';
import { BOUNDARY, END, field, file, ingest, part, PASSWORD, photo, post } from './form.js';
import { type MediaStage, MOST_BYTES, SLOTS, WRITES_LIMIT } from './media-stage.js';

const GOOD = photoOf(2000);
const GOOD_FILE = file(GOOD);

const REFUSED = [401, 'INGEST_PASSWORD_INVALID'] as const;
const INVALID = [400, 'INVALID_REQUEST'] as const;
const NO_IMAGE = [415, 'MEDIA_TYPE_UNSUPPORTED'] as const;
const TOO_LARGE = [413, 'PAYLOAD_TOO_LARGE'] as const;
const NO_SLOT = [404, 'SLOT_NOT_FOUND'] as const;

const withPassword = (value: string | Buffer) => () =>
  ingest([field('password', value), GOOD_FILE]);
const sent =
  (...parts: readonly Buffer[]) =>
  () =>
    ingest([PASSWORD, ...parts]);
const to = (slot: string) => () => ingest([PASSWORD, GOOD_FILE], {}, slot);

/** In chunks, without a length. */
const chunked = (body: Buffer) => ({
  bytes: Buffer.concat([
    Buffer.from(`POST /api/ingest/${SLOTS.open} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${newAddress()}\r\nConnection: close\r\n` +
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]),
}); // prettier-ignore

export const storingCases = [
  ...rows<MediaStage>('a password', [
    ['none', () => ingest([GOOD_FILE]), ...REFUSED],
    ['none, and no photo', () => ingest([]), ...REFUSED],
    ['a wrong one', withPassword('a-wrong-password'), ...REFUSED],
    ['a wrong one, behind the photo', () => ingest([GOOD_FILE, field('password', 'wrong')]), ...REFUSED],
    ['an empty one', withPassword(''), ...REFUSED],
    ['in capital letters', withPassword(INGEST_PASSWORD.toUpperCase()), ...REFUSED],
    ['with a blank behind it', withPassword(`${INGEST_PASSWORD} `), ...REFUSED],
    ['with a NUL behind it', withPassword(`${INGEST_PASSWORD}\0`), ...REFUSED],
    ['cut short', withPassword(INGEST_PASSWORD.slice(0, -1)), ...REFUSED],
    ['what is stored of it', ({ passwordHash }) => ingest([field('password', passwordHash), GOOD_FILE]), ...REFUSED],
    ['of 100 KiB', withPassword('a'.repeat(100 * 1024)), ...INVALID],
    ['two, the first of them right', () => ingest([PASSWORD, field('password', 'x'), GOOD_FILE]), ...INVALID],
    ['two, the last of them right', () => ingest([field('password', 'x'), PASSWORD, GOOD_FILE]), ...INVALID],
    ['in the query', () => post(`/api/ingest/${SLOTS.open}?password=${INGEST_PASSWORD}`, [GOOD_FILE]), ...REFUSED],
    ['in a header', () => ingest([GOOD_FILE], { Password: INGEST_PASSWORD, Authorization: `Basic ${Buffer.from(`:${INGEST_PASSWORD}`).toString('base64')}` }), ...REFUSED],
    ['as a list', () => ingest([field('password[]', INGEST_PASSWORD), GOOD_FILE]), ...REFUSED],
    ['as a file', () => ingest([file(INGEST_PASSWORD, '; filename="p"', 'password'), GOOD_FILE]), ...INVALID],
    ['a token of an operator in its place', ({ admin }) => ingest([GOOD_FILE], admin), ...REFUSED],
    ['that is tried again and again', () => {
      const from = { 'X-Forwarded-For': newAddress() };
      return Array.from({ length: WRITES_LIMIT + 1 }, (_, at) => ingest([field('password', `try ${at}`)], from));
    }, 429, 'RATE_LIMITED'],
  ]),
  ...rows<MediaStage>('a slot', [
    ['that is off', to(SLOTS.off), ...NO_SLOT],
    ['that there is not', to('slot-999'), ...NO_SLOT],
    ['in capital letters', to('SLOT-001'), ...NO_SLOT],
    ['behind two dots', to('x%2f..%2fslot-001'), ...NO_SLOT],
    ['with a NUL behind it', to('slot-001%00'), 422, 'VALIDATION_FAILED'],
    ['as SQL', to(encodeURIComponent("x' OR is_active --")), ...NO_SLOT],
    ['as a wildcard', to('slot-00%25'), ...NO_SLOT],
    ['__proto__', to('__proto__'), ...NO_SLOT],
    ['of another, in the form', () => ingest([PASSWORD, field('slot_id', SLOTS.open), GOOD_FILE], {}, SLOTS.off), ...NO_SLOT],
    ['in a header', () => ingest([PASSWORD, GOOD_FILE], { 'X-Original-URL': `/api/ingest/${SLOTS.open}` }, SLOTS.off), ...NO_SLOT],
  ]),
  ...rows<MediaStage>('a file that is no photo', [
    ...Object.entries(NO_PHOTOS).map(([name, content]) => [name, () => photo(content), ...NO_IMAGE] as const),
    ['that says that it is one', sent(part('Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg', SVG)), ...NO_IMAGE],
    ['with a name of two suffixes', sent(file(SVG, '; filename="a.svg.jpg"')), ...NO_IMAGE],
    ['with a path for a name', sent(file(SVG, '; filename="../../../../etc/cron.d/a"')), ...NO_IMAGE],
    ['as a field', sent(field('file', SVG)), ...NO_IMAGE],
    ['under a coding', sent(part('Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Transfer-Encoding: base64', GOOD.toString('base64'))), ...NO_IMAGE],
  ]),
  ...rows<MediaStage>('an image that must not be stored', [
    ...Object.entries(BOMBS).map(([name, content]) => [name, () => photo(content()), ...NO_IMAGE] as const),
  ]),
  ...rows<MediaStage>('an image that must not be decoded', [
    ...Object.entries({ ...BOMBS, ...UNDECODABLE }).map(([name, content]) => [name, () => photo(content(), SLOTS.resizing), ...NO_IMAGE] as const),
  ]),
  ...rows<MediaStage>('a size', [
    ['a byte too much', () => photo(photoOf(MOST_BYTES + 1)), ...TOO_LARGE],
    ['a byte too much, in chunks', () => chunked(Buffer.concat([PASSWORD, file(photoOf(MOST_BYTES + 1)), Buffer.from(END)])), ...TOO_LARGE],
    ['a length of 9 PB', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Length': '9007199254740991' }), ...TOO_LARGE],
    ['a length that is too short', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Length': '1000' }), ...INVALID],
    ['no length, and no chunks', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Length': '0' }), ...INVALID],
    ['a length and chunks', () => ingest([PASSWORD, GOOD_FILE], { 'Transfer-Encoding': 'chunked' }), 400, 'REQUEST_MALFORMED'],
    ['a length below nothing', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Length': '-1' }), 400, 'REQUEST_MALFORMED'],
  ]),
  ...rows<MediaStage>('a form', [
    ['without a boundary', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Type': 'multipart/form-data' }), ...INVALID],
    ['with another boundary', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Type': 'multipart/form-data; boundary=other' }), ...INVALID],
    ['of another kind', () => ingest([PASSWORD, GOOD_FILE], { 'Content-Type': `multipart/mixed; boundary=${BOUNDARY}` }), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['as JSON', () => request('POST', `/api/ingest/${SLOTS.open}`, {}, JSON.stringify({ password: INGEST_PASSWORD, file: GOOD.toString('base64') })), ...NO_IMAGE],
    ['without a body', () => request('POST', `/api/ingest/${SLOTS.open}`), ...NO_IMAGE],
    ['as bytes alone', () => ingest([GOOD], { 'Content-Type': 'image/jpeg' }), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['that is packed', () => request('POST', `/api/ingest/${SLOTS.open}`, { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Content-Encoding': 'gzip' }, gzipSync(Buffer.concat([PASSWORD, GOOD_FILE, Buffer.from(END)]))), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['without its end', () => post(`/api/ingest/${SLOTS.open}`, [PASSWORD, GOOD_FILE.subarray(0, -2)], {}, ''), ...INVALID],
    ['with two photos', sent(GOOD_FILE, GOOD_FILE), ...INVALID],
    ['with two photos of two names', sent(GOOD_FILE, file(GOOD, undefined, 'fileToUpload')), ...INVALID],
    ['with a photo of another name', sent(file(GOOD, undefined, 'files[]')), ...INVALID],
    ['with no photo', sent(), ...INVALID],
    ['with a hundred fields', sent(...Array.from({ length: 100 }, (_, at) => field(`f${at}`, 'x')), GOOD_FILE), ...INVALID],
    ['with a field of 100 KiB', sent(field('a', 'x'.repeat(100 * 1024)), GOOD_FILE), ...INVALID],
    ['with a name of a field that is too long', sent(field('a'.repeat(5000), 'x'), GOOD_FILE), ...INVALID],
    ['with a field that is read, twice', sent(field('hash_hex', ''), field('hash_hex', ''), GOOD_FILE), ...INVALID],
    ['with a hash that is none', sent(field('hash_hex', "' OR 1=1 --"), GOOD_FILE), ...INVALID],
    ['with a hash of something else', sent(field('hash_hex', 'a'.repeat(64)), GOOD_FILE), 400, 'CHECKSUM_MISMATCH'],
    ['with __proto__ for a photo', sent(file(GOOD, undefined, '__proto__')), ...INVALID],
  ]),
  ...rows<MediaStage>('a key', [
    ['that is too long', () => ingest([PASSWORD, GOOD_FILE], { 'Idempotency-Key': 'k'.repeat(2000) }), 400, 'IDEMPOTENCY_KEY_INVALID'],
    ['that is empty', () => ingest([PASSWORD, GOOD_FILE], { 'Idempotency-Key': '' }), 400, 'IDEMPOTENCY_KEY_INVALID'],
  ]),
  ...rows<MediaStage>('a method', [
    ['PUT', () => request('PUT', `/api/ingest/${SLOTS.open}`, {}, '{}'), 405, 'METHOD_NOT_ALLOWED'],
    ['PUT of a result', ({ live }) => request('PUT', `/public/results/${live.jobId}`, { 'Content-Type': 'image/jpeg' }, GOOD), 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE of a result', ({ live }) => request('DELETE', `/public/results/${live.jobId}`), 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE of a result, in a header', ({ live }) => request('GET', `/public/results/${live.jobId}`, { 'X-HTTP-Method-Override': 'DELETE' }), 200, null],
  ]),
  ...rows<MediaStage>('what an operator does', [
    ['a template, by nobody', () => template([GOOD_FILE], {}), 401, 'TOKEN_MISSING'],
    ['a template, by who reads', ({ reader }) => template([GOOD_FILE], reader), 403, 'SCOPE_MISSING'],
    ['a template that is no photo', ({ admin }) => template([file(SVG)], admin), ...NO_IMAGE],
    ['a template of 400 megapixels', ({ admin }) => template([file(BOMBS['a PNG of 20000 x 20000']())], admin), ...NO_IMAGE],
    ['a template with a path for a kind', ({ admin }) => template([GOOD_FILE], admin, '../../x'), ...INVALID],
    ['a template of a slot behind two dots', ({ admin }) => template([GOOD_FILE], admin, 'style', '../slot-001'), ...NO_SLOT],
    ['the end of a template, by who reads', (stage) => request('DELETE', `/api/template-media/${stage.template.id}`, stage.reader), 403, 'SCOPE_MISSING'],
    ['the end of a result, as of a template', (stage) => request('DELETE', `/api/template-media/${stage.live.object}`, stage.admin), 404, 'TEMPLATE_NOT_FOUND'],
    ['a test run, by nobody', () => post(`/api/slots/${SLOTS.off}/test-run`, [GOOD_FILE]), 401, 'TOKEN_MISSING'],
    ['a test run, by who knows the password', () => post(`/api/slots/${SLOTS.off}/test-run`, [PASSWORD, GOOD_FILE]), 401, 'TOKEN_MISSING'],
    ['a test run of what is no photo', ({ admin }) => post(`/api/slots/${SLOTS.open}/test-run`, [file(SVG)], admin), ...NO_IMAGE],
    ['a test run by a provider of another name', ({ admin }) => post(`/api/slots/${SLOTS.open}/test-run`, [field('provider', '__proto__'), GOOD_FILE], admin), 422, 'VALIDATION_FAILED'],
    ['a test run with settings of a prototype', ({ admin }) => post(`/api/slots/${SLOTS.open}/test-run`, [field('settings', '{"__proto__":{"width":1}}'), GOOD_FILE], admin), 422, 'VALIDATION_FAILED'],
    ['a slot, by who reads', ({ reader }) => request('PUT', `/api/slots/${SLOTS.off}`, reader, '{"version":2,"is_active":true}'), 403, 'SCOPE_MISSING'],
    ['a password, by who reads', ({ reader }) => request('PUT', '/api/settings', reader, '{"version":0,"ingest_password":"mine-now-and-here"}'), 403, 'SCOPE_MISSING'],
  ]),
]; // prettier-ignore

function template(
  parts: readonly Buffer[],
  headers: Readonly<Record<string, string>>,
  kind = 'style',
  slot: string = SLOTS.open,
) {
  const fields = [field('slot_id', slot), field('media_kind', kind)];
  return post('/api/template-media', [...fields, ...parts], headers);
}
