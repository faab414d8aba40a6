import { photoOf } from '../../media/photo.js';
import type { Sent } from '../exchange.js';
import { POLYGLOT } from './content.js';
import { field, file, ingest, part, PASSWORD } from './form.js';

/** What is a photo for all that can be told, and is taken: what is done with it must do no harm. */
export interface InertCase {
  readonly name: string;
  readonly photo: Buffer;
  readonly sent: (photo: Buffer) => Sent;
}

const named = (fileName: string) => (photo: Buffer) =>
  ingest([PASSWORD, file(photo, `; filename="${fileName}"`)]);
const plain = (photo: Buffer) => ingest([PASSWORD, file(photo)]);

export const inertCases: readonly InertCase[] = [
  { name: 'a page in the head of a JPEG', photo: POLYGLOT, sent: plain },
  { name: 'a path for a name', photo: photoOf(300), sent: named('../../../../tmp/holdfast-abused.jpg') },
  { name: 'a whole path for a name', photo: photoOf(301), sent: named('/tmp/holdfast-abused.jpg') },
  { name: 'markup for a name', photo: photoOf(302), sent: named('<img src=x onerror=alert(1)>.svg') },
  { name: 'a NUL in a name', photo: photoOf(303), sent: named('a.php\0.jpg') },
  { name: 'a device for a name', photo: photoOf(304), sent: named('/dev/null') },
  { name: 'a name of 4000 letters', photo: photoOf(305), sent: named('a'.repeat(4000)) },
  { name: 'a type that is a page', photo: photoOf(306), sent: (photo) => ingest([PASSWORD, part('Content-Disposition: form-data; name="file"; filename="a.html"\r\nContent-Type: text/html', photo)]) },
  { name: 'a field of a prototype beside it', photo: photoOf(307), sent: (photo) => ingest([PASSWORD, field('__proto__', 'x'), field('constructor', 'y'), file(photo)]) },
  { name: 'fields that say who it is for', photo: photoOf(308), sent: (photo) => ingest([PASSWORD, field('job_id', 'mine'), field('path', 'template/x'), field('result_expires_at', '2999-01-01'), file(photo)]) },
]; // prettier-ignore
