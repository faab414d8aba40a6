import { setTimeout as wait } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Driver, DriverAnswer, DriverTask } from '../../../src/stores/media/drivers/driver.js';
import { Drivers } from '../../../src/stores/media/drivers/drivers.js';
import type { JsonFields } from '../../../src/stores/media/json-fields.js';
import { cleanup } from '../../support/cleanup.js';
import { driverTask, imageInput } from '../../support/media/driver-task.js';
import { eventually } from '../../support/eventually.js';

const { temporaryFolder } = cleanup();

/** A driver of which only the answer is of interest. */
function driverThat(process: (task: DriverTask) => Promise<DriverAnswer>): Driver {
  const settingsSchema: z.ZodType<JsonFields> = z.strictObject({});
  return new Drivers([{ name: 'stubborn', settingsSchema, process }]).get('stubborn');
}

const task = (given: Partial<DriverTask> = {}) =>
  driverTask(imageInput(temporaryFolder(), Buffer.from('x')), {}, given);

describe('a driver that ignores its signal', () => {
  it('is not waited for past its deadline, and its late answer holds nothing open', async () => {
    let released = false;
    const bytes = async function* () {
      try {
        yield Buffer.from('late');
        await wait(0);
      } finally {
        released = true;
      }
    };
    const late = bytes();
    const driver = driverThat(async () => {
      await wait(600);
      // Begun, as by a driver that has looked at the first bytes.
      await late.next();
      return { bytes: late, contentType: 'image/jpeg' };
    });
    const begun = performance.now();
    const answer = driver.process(task({ deadline: performance.now() + 200 }));
    await expect(answer).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT' });
    expect(performance.now() - begun).toBeLessThan(500);
    await eventually(() => {
      expect(released).toBe(true);
    }, 5000);
  });

  it('is not waited for in the middle of its answer', async () => {
    const driver = driverThat(() =>
      Promise.resolve({
        bytes: (async function* () {
          yield Buffer.from('some');
          await new Promise(() => undefined);
        })(),
        contentType: 'image/jpeg',
      }),
    );
    const { bytes } = await driver.process(task({ deadline: performance.now() + 200 }));
    await expect(buffer(bytes)).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT' });
  });

  it('ends for the reason that it is given', async () => {
    const driver = driverThat(() => new Promise(() => undefined));
    const leaving = new AbortController();
    const reason = new Error('the client has left');
    const answer = driver.process(task({ signal: leaving.signal }));
    leaving.abort(reason);
    await expect(answer).rejects.toBe(reason);
  });

  it('is not known by another name', () => {
    const drivers = new Drivers([]);
    for (const name of [null, 'other'])
      expect(() => drivers.get(name)).toThrow('names no provider');
  });
});
