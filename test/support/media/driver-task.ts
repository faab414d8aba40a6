import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadReader } from '../../../src/stores/media/images/head-reader.js';
import type { DriverTask, ImageInput } from '../../../src/stores/media/drivers/driver.js';
import type { JsonFields } from '../../../src/stores/media/json-fields.js';

/** An image that a driver is given, in a file of the folder. */
export function imageInput(folder: string, content: Buffer, name = 'photo'): ImageInput {
  const path = join(folder, name);
  writeFileSync(path, content);
  const reader = new HeadReader();
  reader.push(content);
  return {
    contentType: reader.contentType ?? 'application/octet-stream',
    bytes: content.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- the port reads over time.
    read: async function* () {
      for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
    },
    withLocal: (work) => work(path),
  };
}

/** A task with five seconds' time. */
export function driverTask(
  image: ImageInput,
  settings: JsonFields,
  given: Partial<DriverTask> = {},
): DriverTask {
  return {
    image,
    settings,
    operation: 'image_edit',
    templates: [],
    deadline: performance.now() + 5000,
    // Of the deadline nobody tells: it is kept all the same.
    signal: new AbortController().signal,
    publish: () => Promise.reject(new Error('this provider is sent the image itself')),
    ...given,
  };
}
