import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { resized } from '../../images/resized.js';
import type { Driver, DriverAnswer, DriverTask } from '../driver.js';
import { EchoSettings } from './echo.settings.js';

/** Gives the photo back, as it is or made smaller: for development and tests. */
@Injectable()
export class EchoDriver implements Driver {
  readonly name = 'echo';
  readonly settingsSchema = EchoSettings;

  async process({ image, settings, signal }: DriverTask): Promise<DriverAnswer> {
    const { width, height, delay_ms: delayMs } = EchoSettings.parse(settings);
    signal.throwIfAborted();
    if (delayMs > 0) await untilAborted(sleep(delayMs, undefined, { signal }), signal);
    const { contentType } = image;
    if (width === undefined && height === undefined)
      return { bytes: image.read(), contentType, isInput: true };
    const bytes = await image.withLocal((path) => resized(path, { width, height }, signal));
    return { bytes: one(bytes), contentType };
  }
}

/** A timer says of its end that it was aborted; what asked for it says why. */
async function untilAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- an answer comes in over time.
async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
