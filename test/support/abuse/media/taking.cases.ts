import { randomUUID } from 'node:crypto';
import { photoOf } from '../../media/photo.js';
import { request, rows } from '../abuse-case.js';
import type { Headers } from '../stage.js';
import { field, file, ingest, PASSWORD } from './form.js';
import { type MediaStage, type Photo, SLOTS } from './media-stage.js';

const RESULTS = '/public/results';
const PROVIDER = '/public/provider';

type PathOf = (stage: MediaStage) => string;

const get =
  (pathOf: PathOf | string, headers: Headers = {}, method = 'GET') =>
  (stage: MediaStage) =>
    request(method, typeof pathOf === 'string' ? pathOf : pathOf(stage), headers);

const expired: PathOf = ({ expired: { jobId } }) => `${RESULTS}/${jobId}`;
const live: PathOf = ({ live: { jobId } }) => `${RESULTS}/${jobId}`;
const tag = ({ sha256 }: Photo) => `"${sha256}"`;
const encoded = (path: string) => encodeURIComponent(path);

const GONE = [410, 'RESULT_EXPIRED'] as const;
const NONE = [404, 'RESULT_NOT_FOUND'] as const;
const NO_ROUTE = [404, 'ROUTE_NOT_FOUND'] as const;

/** Nobody has a right to what these ask for. */
export const takingCases = [
  ...rows<MediaStage>('a name that is guessed', [
    ['of a job', get(`${RESULTS}/${randomUUID()}`), ...NONE],
    ['of a job that has failed', get(({ failedJob }) => `${RESULTS}/${failedJob}`), ...NONE],
    ['the file of a result, as a job', get((stage) => `${RESULTS}/${stage.live.object}`), ...NONE],
    ['the file of a template, as a job', get(({ template }) => `${RESULTS}/${template.object}`), ...NONE],
    ['a template, as a job', get(({ template }) => `${RESULTS}/${template.id}`), ...NONE],
    ['the file of a template, as what a provider fetches', get(({ template }) => `${PROVIDER}/${template.object}`), ...NONE],
    ['the file of a result, as what a provider fetches', get((stage) => `${PROVIDER}/${stage.live.object}`), ...NONE],
    ['a job, as what a provider fetches', get((stage) => `${PROVIDER}/${stage.live.jobId}`), ...NONE],
    ['a job, cut short', get((stage) => `${RESULTS}/${stage.live.jobId.slice(0, -1)}`), ...NONE],
    ['a job, in capital letters', get((stage) => `${RESULTS}/${stage.live.jobId.toUpperCase()}`), ...NONE],
    ['a wildcard', get(`${RESULTS}/%25`), ...NONE],
    ['a wildcard of one letter', get((stage) => `${RESULTS}/_${stage.live.jobId.slice(1)}`), ...NONE],
    ['SQL', get(`${RESULTS}/${encoded("x' OR '1'='1")}`), ...NONE],
    ['__proto__', get(`${RESULTS}/__proto__`), ...NONE],
    ['constructor, as what a provider fetches', get(`${PROVIDER}/constructor`), ...NONE],
    ['of 8000 letters', get(`${RESULTS}/${'a'.repeat(8000)}`), 414, 'TARGET_TOO_LONG'],
  ]),
  ...rows<MediaStage>('a path to a file', [
    ['the name of a result, escaped', get((stage) => `${RESULTS}/${encoded(stage.live.path)}`), ...NONE],
    ['the name of a template, behind two dots', get(({ template }) => `${RESULTS}/${encoded(`../${template.path}`)}`), ...NONE],
    ['the name of a template, as what a provider fetches', get(({ template }) => `${PROVIDER}/${encoded(template.path)}`), ...NONE],
    ['the name of a template, as it is', get(({ template }) => `/public/${template.path}`), ...NO_ROUTE],
    ['two dots', get(`${RESULTS}/../../../etc/passwd`), ...NO_ROUTE],
    ['two dots, escaped', get(`${RESULTS}/${'%2e%2e%2f'.repeat(6)}etc%2fpasswd`), ...NONE],
    ['two dots, escaped twice', get(`${RESULTS}/${'%252e%252e%252f'.repeat(6)}etc%252fpasswd`), ...NONE],
    ['backslashes', get(`${RESULTS}/..%5c..%5cwin.ini`), ...NONE],
    ['a whole path', get(`${RESULTS}/%2fetc%2fpasswd`), ...NONE],
    ['a URL', get(`${RESULTS}/${encoded('file:///etc/passwd')}`), ...NONE],
    ['overlong UTF-8', get(`${RESULTS}/%c0%ae%c0%ae%c0%af`), 400, 'REQUEST_MALFORMED'],
    ['a NUL behind a job', get((stage) => `${live(stage)}%00.jpg`), 422, 'VALIDATION_FAILED'],
    ['a line end behind a job', get((stage) => `${live(stage)}%0d%0aSet-Cookie:%20a=b`), ...NONE],
    ['a semicolon behind a job', get((stage) => `${live(stage)};a=b`), ...NONE],
    ['a suffix behind a job', get((stage) => `${live(stage)}.jpg`), ...NONE],
    ['a folder behind a job', get((stage) => `${live(stage)}/..%2f..`), ...NO_ROUTE],
    ['the folder itself', get('/data/media/'), ...NO_ROUTE],
  ]),
  ...rows<MediaStage>('a result that has expired', [
    ['as it is', get(expired), ...GONE],
    ['by HEAD', get(expired, {}, 'HEAD'), 410, null],
    ['to who says that he has it', (stage) => request('GET', expired(stage), { 'If-None-Match': tag(stage.expired) }), ...GONE],
    ['to who says that he has anything', get(expired, { 'If-None-Match': '*' }), ...GONE],
    ['that is not modified', get(expired, { 'If-Modified-Since': 'Tue, 01 Jan 2999 00:00:00 GMT' }), ...GONE],
    ['a range of it', get(expired, { Range: 'bytes=0-9' }), ...GONE],
    ['a range of it, under its tag', (stage) => request('GET', expired(stage), { Range: 'bytes=0-9', 'If-Range': tag(stage.expired) }), ...GONE],
    ['as from a cache', get(expired, { 'Cache-Control': 'only-if-cached, max-stale=9999999' }), ...GONE],
    ['by a query', get((stage) => `${expired(stage)}?expires_at=2999-01-01`), ...GONE],
    ['by its key, with its photo gone', (stage) => ingest([PASSWORD, file(photoOf(90))], { 'Idempotency-Key': stage.live.key }), 409, 'IDEMPOTENCY_KEY_CONFLICT'],
  ]),
  ...rows<MediaStage>('a condition on what is not there', [
    ['If-None-Match: *', get(`${RESULTS}/${randomUUID()}`, { 'If-None-Match': '*' }), ...NONE],
    ['HEAD', get(`${RESULTS}/${randomUUID()}`, {}, 'HEAD'), 404, null],
    ['a range', get(`${RESULTS}/${randomUUID()}`, { Range: 'bytes=0-0' }), ...NONE],
    ['the tag of a template', ({ template }) => request('GET', `${PROVIDER}/${template.object}`, { 'If-None-Match': '*' }), ...NONE],
  ]),
  ...rows<MediaStage>('a range', [
    ['behind the end', get(live, { Range: 'bytes=50000-' }), 416, null],
    ['of nothing', get(live, { Range: 'bytes=-0' }), 416, null],
    ['of a thousand pieces', get(live, { Range: `bytes=${'0-,'.repeat(1000)}0-` }), 200, null],
    ['that ends before it begins', get(live, { Range: 'bytes=9-1' }), 200, null],
    ['below nothing', get(live, { Range: 'bytes=-1-5' }), 200, null],
    ['beyond 64 bits', get(live, { Range: 'bytes=0-18446744073709551616' }), 206, null],
    ['of another unit', get(live, { Range: 'rows=1-2' }), 200, null],
  ]),
  ...rows<MediaStage>('what is told of photos', [
    ['a job, to nobody', get((stage) => `/api/jobs/${stage.live.jobId}`), 401, 'TOKEN_MISSING'],
    ['slots, to nobody', get('/api/slots'), 401, 'TOKEN_MISSING'],
    ['settings, to who reads', (stage) => request('GET', '/api/settings', stage.reader), 403, 'SCOPE_MISSING'],
    ['figures, to nobody', get('/api/stats/overview'), 401, 'TOKEN_MISSING'],
    ['the photos of a slot that is off', get(`/public/slots/${SLOTS.off}`), 404, 'SLOT_NOT_FOUND'],
    ['the photos of a slot that there is not', get('/public/slots/slot-999'), 404, 'SLOT_NOT_FOUND'],
  ]),
  ...rows<MediaStage>('the photo of another key', [
    ['with another photo', (stage) => ingest([PASSWORD, file(photoOf(70))], { 'Idempotency-Key': stage.live.key }), 409, 'IDEMPOTENCY_KEY_CONFLICT'],
    ['without the password', (stage) => ingest([file(photoOf(70))], { 'Idempotency-Key': stage.live.key }), 401, 'INGEST_PASSWORD_INVALID'],
    ['with the hash of the photo in its place', (stage) => ingest([PASSWORD, field('hash_hex', stage.live.sha256), file(photoOf(70))], { 'Idempotency-Key': stage.live.key }), 400, 'CHECKSUM_MISMATCH'],
    ['at another slot', (stage) => ingest([PASSWORD, file(photoOf(70))], { 'Idempotency-Key': stage.live.key }, SLOTS.resizing), 409, 'IDEMPOTENCY_KEY_CONFLICT'],
  ]),
]; // prettier-ignore
