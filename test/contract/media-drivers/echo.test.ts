import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { EchoDriver } from '../../../src/stores/media/drivers/echo/echo.driver.js';
import { cleanup } from '../../support/cleanup.js';
import { driverTask, imageInput } from '../../support/media/driver-task.js';
import { described, photo } from '../../support/media/photos.js';

const { temporaryFolder } = cleanup();
const driver = new EchoDriver();
const settings = (given: object) => driver.settingsSchema.parse(given);

describe('the echo driver', () => {
  it('gives the photo back as it is, and says so', async () => {
    const content = await photo();
    const answer = await driver.process(
      driverTask(imageInput(temporaryFolder(), content), settings({})),
    );
    expect(answer).toMatchObject({ contentType: 'image/jpeg', isInput: true });
    expect((await buffer(answer.bytes)).equals(content)).toBe(true);
  });

  it.each(['image/jpeg', 'image/png', 'image/webp'] as const)(
    'makes a photo fit, in its own format: %s',
    async (type) => {
      const image = imageInput(temporaryFolder(), await photo(type, { width: 640, height: 480 }));
      const answer = await driver.process(driverTask(image, settings({ width: 100, height: 90 })));
      expect(answer).toMatchObject({ contentType: type });
      expect(answer.isInput).toBeUndefined();
      const { width, height, format } = await described(await buffer(answer.bytes));
      expect({ width, height, type: `image/${format}` }).toEqual({ width: 100, height: 75, type });
    },
  );

  it('never makes one larger, and turns it upright', async () => {
    const content = await photo('image/jpeg', { width: 64, height: 48, orientation: 6 });
    const image = imageInput(temporaryFolder(), content);
    const answer = await driver.process(driverTask(image, settings({ width: 1000 })));
    const { width, height, orientation } = await described(await buffer(answer.bytes));
    expect({ width, height, orientation }).toEqual({
      width: 48,
      height: 64,
      orientation: undefined,
    });
  });

  it('refuses what is no image', async () => {
    const image = imageInput(temporaryFolder(), Buffer.from('<svg xmlns="x"/>'));
    const answer = driver.process(driverTask(image, settings({ width: 10 })));
    await expect(answer).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' });
  });

  it('waits for as long as it is told, and no longer than it may', async () => {
    const image = imageInput(temporaryFolder(), await photo());
    const stopping = new AbortController();
    const reason = new Error('too late');
    const begun = performance.now();
    const answer = driver.process(
      driverTask(image, settings({ delay_ms: 30_000 }), { signal: stopping.signal }),
    );
    setTimeout(() => {
      stopping.abort(reason);
    }, 100);
    await expect(answer).rejects.toBe(reason);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it.each([{ width: 0 }, { height: 5000 }, { delay_ms: -1 }, { prompt: 'x' }])(
    'refuses the settings %j',
    (given) => {
      expect(driver.settingsSchema.safeParse(given).success).toBe(false);
    },
  );
});
