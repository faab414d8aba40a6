import { z } from 'zod';
import { wholeWithin } from '@holdfast/nest/http/fields';

/** Larger than what screens show, small enough for the memory of a small container. */
const MOST_PIXELS_A_SIDE = 4096;

/** No request is given more time. */
const MOST_DELAY_MS = 60_000;

const side = () => wholeWithin(1, MOST_PIXELS_A_SIDE).exactOptional();

/** What a slot of the echo driver may say. */
export const EchoSettings = z.strictObject({
  /** In pixels: the image is made to fit in, and is never made larger. Neither of both: it is left as it is. */
  width: side(),
  height: side(),
  /** Milliseconds that it takes longer, to see what comes too late. */
  delay_ms: wholeWithin(0, MOST_DELAY_MS).default(0),
});
