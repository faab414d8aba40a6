import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

const BOUNDARY = 'holdfast-bench-boundary';
/** The head of a grey JPEG of 256 by 256 pixels, up to where its picture begins. */
const JPEG = Buffer.from(
  'ffd8ffe000104a46494600010100000100010000ffc0000b080100010001011100ffda0008010100003f00',
  'hex',
);
const PIECE = randomBytes(1024 * 1024);

/**
 * A form with a password and a photo of so many bytes, as a program sends it.
 * @param {string} password
 * @param {number} bytes
 */
export function photoForm(password, bytes) {
  const part = (name, more) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const before = `${part('password', '')}${password}\r\n${part('file', '; filename="photo.jpg"')}`;
  const after = `\r\n--${BOUNDARY}--\r\n`;
  return {
    head: Buffer.concat([Buffer.from(before), JPEG]),
    bytes: bytes - JPEG.length,
    tail: Buffer.from(after),
    headers: {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': String(before.length + bytes + after.length),
    },
  };
}

/**
 * Sends it, and reads the answer without keeping it.
 * @param {string} url
 * @param {ReturnType<typeof photoForm>} form
 * @param {Agent} [agent]
 * @returns {Promise<{ status: number, bytes: number, jobId: string | undefined, milliseconds: number }>}
 */
export function sendPhoto(url, form, agent) {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers: form.headers, agent }, (answer) => {
      let bytes = 0;
      answer.on('data', (chunk) => (bytes += chunk.length));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          bytes,
          jobId: answer.headers['x-job-id'],
          milliseconds: performance.now() - begun,
        }),
      );
      answer.on('error', reject);
    });
    sending.on('error', reject);
    sending.write(form.head);
    let left = form.bytes;
    const write = () => {
      while (left > 0) {
        const piece = PIECE.subarray(0, left);
        left -= piece.length;
        if (!sending.write(piece)) {
          sending.once('drain', write);
          return;
        }
      }
      sending.end(form.tail);
    };
    write();
  });
}

/**
 * Sends photos on so many connections for a while, each when the last is answered.
 * @param {string} url
 * @param {ReturnType<typeof photoForm>} form
 * @param {number} connections
 * @param {number} seconds
 */
export async function photoLoad(url, form, connections, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies = [];
  let errors = 0;
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const send = async () => {
    while (performance.now() < until) {
      const { status, milliseconds } = await sendPhoto(url, form, agent).catch(() => ({
        status: 0,
        milliseconds: 0,
      }));
      if (status === 200) latencies.push(milliseconds);
      else errors += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  const perSecond = (latencies.length / (performance.now() - begun)) * 1000;
  agent.destroy();
  return { latencies, perSecond, errors };
}
