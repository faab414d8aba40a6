import type { z } from 'zod';
import type { JsonFields } from '../json-fields.js';

/** An image that a driver is given. It may be larger than memory: read it as it is needed. */
export interface ImageInput {
  readonly contentType: string;
  readonly bytes: number;
  /** From the start, as often as it is asked. */
  read(): AsyncIterable<Uint8Array>;
  /** A file that a decoder can read in place. */
  withLocal<T>(work: (localPath: string) => Promise<T>): Promise<T>;
}

export interface DriverTask {
  readonly image: ImageInput;
  readonly operation: string;
  /** Of the slot, judged by `settingsSchema`. */
  readonly settings: JsonFields;
  readonly templates: readonly (ImageInput & { readonly mediaKind: string })[];
  /** When the answer is late, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Aborted at the deadline, and when the client has left. */
  readonly signal: AbortSignal;
  /**
   * A public address, with a name that is used once, under which a provider can fetch the image while the task
   * lasts.
   */
  readonly publish: (image: ImageInput) => Promise<URL>;
}

export interface DriverAnswer {
  /** The image, as it comes in; its type is judged again by its content. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  /** Whether it is the photo itself, unchanged. */
  readonly isInput?: boolean;
}

/** One provider of changed images. */
export interface Driver {
  readonly name: string;
  /** What the settings of a slot may say: defaults included, unknown names refused. */
  readonly settingsSchema: z.ZodType<JsonFields>;
  /**
   * @throws PROVIDER_FAILED, PROVIDER_RATE_LIMITED (with `retryAfterSeconds` where the provider says it),
   * PROVIDER_TIMEOUT, the reason of the signal
   */
  process(task: DriverTask): Promise<DriverAnswer>;
  /** Whether the provider can be reached, in few bytes and without cost. Absent: nothing to reach. */
  ping?(signal: AbortSignal): Promise<void>;
}
