import type { ByteRange } from '../media-files.js';
import { BucketAnswer } from './bucket-failure.js';

export interface AnswerSize {
  /** Of the whole file. */
  readonly fileBytes: number;
  /** Of what is answered of it. */
  readonly bytes: number;
}

const TOTAL = /^bytes (?:\d+-\d+|\*)\/(\d+)$/;

/**
 * What an answer of 200, 206 or 416 says of the size of its file.
 * @throws BucketAnswer where it says nothing
 */
export function answerSize({ status, headers }: Response, range?: ByteRange): AnswerSize {
  const total = TOTAL.exec(headers.get('content-range') ?? '')?.[1];
  // All that is known of a file that ends before the range begins, where the server does not say it.
  if (status === 416) return { fileBytes: Number(total ?? range?.start), bytes: 0 };
  const said = status === 206 ? total : headers.get('content-length');
  if (said === undefined || said === null) throw new BucketAnswer(status, 'NoSize');
  const fileBytes = Number(said);
  const { start, end } = range ?? { start: 0, end: Infinity };
  return { fileBytes, bytes: Math.min(end + 1, fileBytes) - start };
}
