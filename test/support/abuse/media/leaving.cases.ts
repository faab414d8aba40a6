import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { photoOf } from '../../media/photo.js';
import { field, file, ingest, PASSWORD, post } from './form.js';
import { type MediaStage, SLOTS } from './media-stage.js';

/** A client that goes away, and where it does. */
export interface LeavingCase {
  readonly name: string;
  /** Sends something, and leaves. */
  readonly act: (stage: MediaStage) => Promise<void>;
}

const PHOTO = photoOf(600_000);
const WHOLE = ingest([PASSWORD, file(PHOTO)]).bytes as Buffer;
const SLOW = ingest([PASSWORD, file(photoOf(2000))], {}, SLOTS.slow).bytes as Buffer;
/** Where the password is known, and where the photo begins. */
const [AT_PASSWORD, AT_FILE] = [WHOLE.indexOf('name="password"'), WHOLE.indexOf('name="file"')];
/** Until the service has done what it does with what has come. */
const PAUSE_MS = 300;

type Leave = (socket: Socket) => unknown;

const close: Leave = (socket) => socket.destroy();
const reset: Leave = (socket) => socket.resetAndDestroy();
/** Sends no more, and reads no answer. */
const halfClose: Leave = async (socket) => {
  socket.end();
  await wait(PAUSE_MS);
  socket.destroy();
};

const after =
  (bytes: Buffer, leave: Leave = close) =>
  async ({ service }: MediaStage) => {
    const { hostname, port } = new URL(service.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    // Whether it is reset, or answered, is nothing to who leaves.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    await wait(PAUSE_MS);
    await leave(socket);
  };

const until = (at: number, leave?: Leave) => after(WHOLE.subarray(0, at), leave);
const template = (stage: MediaStage) =>
  post('/api/template-media', [field('slot_id', SLOTS.open), field('media_kind', 'style'), file(PHOTO)], stage.admin).bytes as Buffer; // prettier-ignore

export const leavingCases: readonly LeavingCase[] = [
  { name: 'in the head', act: until(40) },
  { name: 'behind the head', act: until(WHOLE.indexOf('\r\n\r\n') + 4) },
  { name: 'in the password', act: until(AT_PASSWORD + 25) },
  { name: 'behind the password', act: until(AT_FILE) },
  { name: 'before the first byte of the photo', act: until(AT_FILE + 40) },
  { name: 'behind the first bytes of the photo', act: until(AT_FILE + 60) },
  { name: 'in the photo', act: until(AT_FILE + 300_000) },
  { name: 'in the photo, by a reset', act: until(AT_FILE + 300_000, reset) },
  { name: 'in the photo, by half', act: until(AT_FILE + 300_000, halfClose) },
  { name: 'before the end of the form', act: until(WHOLE.length - 4) },
  { name: 'while the provider works', act: after(SLOW) },
  { name: 'while the provider works, by a reset', act: after(SLOW, reset) },
  { name: 'in a template', act: (stage) => after(template(stage).subarray(0, 300_000))(stage) },
  { name: 'before the end of a template', act: (stage) => after(template(stage).subarray(0, -4), reset)(stage) },
  {
    name: 'twenty at once, in the photo',
    act: async (stage) => {
      await Promise.all(Array.from({ length: 20 }, (_, at) => until(AT_FILE + 20_000 * at, at % 2 ? reset : close)(stage)));
    },
  },
]; // prettier-ignore
