import { ReasonError } from '../media.reasons.js';
import type { MediaFiles } from '../files/media-files.js';
import { PassingImage } from './passing-image.js';
import { readMultipart } from './multipart.js';
import type { PhotoRun } from './photo-run.js';

const SHA256 = /^[\da-f]{64}$/i;

/**
 * Reads the form of a photo into a temporary file. Who sends it is judged as soon as the fields for it have come:
 * before the file is read, where they come first.
 * @param admitted called once its sender may send it
 * @throws INGEST_PASSWORD_INVALID, INVALID_REQUEST, MEDIA_TYPE_UNSUPPORTED, PAYLOAD_TOO_LARGE, CHECKSUM_MISMATCH,
 * MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, the reason of the run's signal
 */
export async function receivePhoto(
  run: PhotoRun,
  files: MediaFiles,
  admitted: () => Promise<void>,
): Promise<void> {
  const { plan, fields, limit } = run;
  let isAdmitted = false;
  const admit = async (isWhole: boolean) => {
    isAdmitted ||= await plan.admit(fields, isWhole);
    if (isAdmitted && !run.job) await admitted();
  };
  await readMultipart(
    run.request,
    {
      field: (name, value) => {
        if (!READ.has(name)) return;
        if (fields.has(name)) throw invalid(`the field ${name} comes twice`);
        fields.set(name, value);
      },
      photo: async (content) => {
        await admit(false);
        limit.signal.throwIfAborted();
        const path = run.newFile('temp');
        const passing = new PassingImage(plan.mostBytes, tooLarge);
        const { signal } = limit;
        await files.store(path, passing.pass(content), { signal, durable: false });
        run.photo = { path, ...passing.facts() };
      },
    },
    limit.signal,
  );
  await admit(true);
  if (!run.photo) throw invalid('there is no field file');
  assertChecksum(fields.get('hash_hex'), run.photo.sha256);
}

/** Other fields are passed over, however often they come. */
const READ: ReadonlySet<string> = new Set([
  'password',
  'hash_hex',
  'settings',
  'provider',
  'operation',
]);

function assertChecksum(given: string | undefined, sha256: string): void {
  if (given === undefined || given === '') return;
  if (!SHA256.test(given)) throw invalid('hash_hex is a SHA-256 in hexadecimal');
  if (given.toLowerCase() !== sha256) throw new ReasonError('CHECKSUM_MISMATCH');
}

function tooLarge(): ReasonError {
  return new ReasonError('PAYLOAD_TOO_LARGE');
}

function invalid(detail: string): ReasonError {
  return new ReasonError('INVALID_REQUEST', { detail });
}
