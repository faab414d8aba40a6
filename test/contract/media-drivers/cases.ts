import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@holdfast/core/secret';
import { type Driver, type DriverTask } from '../../../src/stores/media/drivers/driver.js';
import { Drivers } from '../../../src/stores/media/drivers/drivers.js';
import type { ProviderKeys } from '../../../src/stores/media/drivers/provider-keys.js';
import type { JsonFields } from '../../../src/stores/media/json-fields.js';
import { cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { driverTask, imageInput } from '../../support/media/driver-task.js';
import { photo } from '../../support/media/photos.js';
import {
  type Answering,
  type ProviderServer,
  startProvider,
} from '../../support/media/provider-server.js';

const { temporaryFolder } = cleanup();

export const KEY = 'AIzaSyD-the-providers-own-key';
/** Of a provider's body: nobody is to see it. */
const WORDS = 'the-providers-words';

const keys: ProviderKeys = { providerKey: () => Promise.resolve(new Secret(KEY)) };

/** A driver, and how its provider answers. */
export interface Provider {
  readonly open: (keys: ProviderKeys, urls: { gemini: URL; turbotext: URL }) => Driver;
  readonly settings: JsonFields;
  /** Answers the request that gives the image as it is told, and those before it as it has to. */
  readonly imageBy: (answering: Answering) => Answering;
  /** Writes the answer that has an image in it. */
  readonly give: (content: Buffer, response: ServerResponse) => void;
  /** Requests for one image, when all goes well. */
  readonly requests: number;
  readonly ping: { readonly method: string; readonly path: string };
}

export interface Stage {
  readonly server: ProviderServer;
  readonly driver: Driver;
  readonly run: (given?: Partial<DriverTask>) => Promise<Buffer>;
}

const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (_, response) => {
    response.writeHead(code, headers).end(WORDS);
  };

/** What every driver of a provider does, and its provider may do to it. */
export function driverCases(provider: Provider, further: (stage: () => Stage) => void): void {
  let server: ProviderServer;
  let driver: Driver;
  let image: Buffer;

  beforeEach(async () => {
    server = await startProvider();
    image = await photo();
    driver = open(keys);
  });

  afterEach(() => server.stop());

  const open = (with_: ProviderKeys) => {
    const url = new URL(`${server.url}/`);
    const made = provider.open(with_, { gemini: url, turbotext: url });
    return new Drivers([made]).get(made.name);
  };

  const run = async (given: Partial<DriverTask> = {}): Promise<Buffer> => {
    const settings = driver.settingsSchema.parse(provider.settings);
    const task = driverTask(imageInput(temporaryFolder(), image), settings, {
      publish: ({ bytes }) => Promise.resolve(new URL(`https://media.example/once/${bytes}`)),
      ...given,
    });
    return buffer((await driver.process(task)).bytes);
  };

  /** @param withinMs from now, and never after the deadline */
  const fails = async (
    code: string,
    { withinMs = 6000, given = {} }: { withinMs?: number; given?: Partial<DriverTask> } = {},
  ): Promise<Error & { retryAfterSeconds?: number }> => {
    const begun = performance.now();
    const error = await run(given).then(
      () => new Error('it did not fail'),
      (failure: unknown) => failure as Error,
    );
    expect(performance.now() - begun).toBeLessThan(withinMs);
    expect(error).toMatchObject({ code });
    for (const secret of [KEY, WORDS]) expect(error.message).not.toContain(secret);
    await eventually(() => {
      expect(server.open()).toBe(0);
    }, 5000);
    return error;
  };

  it('gives the image that its provider gives', async () => {
    const changed = await photo('image/webp', { width: 300, height: 200 });
    server.answer = provider.imageBy((_, response) => {
      provider.give(changed, response);
    });
    expect((await run()).equals(changed)).toBe(true);
    expect(server.asked).toHaveLength(provider.requests);
    await eventually(() => {
      expect(server.open()).toBe(0);
    }, 5000);
  });

  it('gives an image of many megabytes, of which it tells the type by its content', async () => {
    const changed = Buffer.concat([await photo('image/png'), Buffer.alloc(12_345_678, 'x')]);
    server.answer = provider.imageBy((_, response) => {
      provider.give(changed, response);
    });
    const settings = driver.settingsSchema.parse(provider.settings);
    const answer = await driver.process(
      driverTask(imageInput(temporaryFolder(), image), settings, {
        deadline: performance.now() + 30_000,
        publish: () => Promise.resolve(new URL('https://media.example/once')),
      }),
    );
    expect(answer.contentType).toBe('image/png');
    expect((await buffer(answer.bytes)).equals(changed)).toBe(true);
  });

  it('is told by its provider to wait, for longer than there is time', async () => {
    server.answer = status(429, { 'retry-after': '37' });
    expect(await fails('PROVIDER_RATE_LIMITED')).toMatchObject({ retryAfterSeconds: 37 });
    expect(server.asked).toHaveLength(1);
  });

  it('waits as its provider says, where there is time', async () => {
    const changed = await photo();
    const well = provider.imageBy((_, response) => {
      provider.give(changed, response);
    });
    server.answer = (asked, response) =>
      server.asked.length === 1
        ? status(429, { 'retry-after': '1' })(asked, response)
        : well(asked, response);
    const deadline = performance.now() + 10_000;
    expect((await run({ deadline })).equals(changed)).toBe(true);
    const [first, second] = server.asked;
    expect(Number(second?.at) - Number(first?.at)).toBeGreaterThanOrEqual(990);
  });

  it('asks again where its provider is busy and does not say for how long, and not for ever', async () => {
    server.answer = status(429);
    expect(await fails('PROVIDER_RATE_LIMITED')).toMatchObject({ retryAfterSeconds: undefined });
    expect(server.asked.length).toBeGreaterThan(1);
    expect(server.asked.length).toBeLessThanOrEqual(5);
  });

  it('asks again where its provider is down for a moment', async () => {
    const changed = await photo();
    const well = provider.imageBy((_, response) => {
      provider.give(changed, response);
    });
    server.answer = (asked, response) =>
      server.asked.length === 1 ? status(503)(asked, response) : well(asked, response);
    expect((await run({ deadline: performance.now() + 10_000 })).equals(changed)).toBe(true);
  });

  it.each([500, 502, 503, 504])('fails where its provider fails with %d', async (code) => {
    server.answer = status(code);
    await fails('PROVIDER_FAILED');
  });

  it.each([400, 401, 403, 404, 302])(
    'does not ask again what was refused with %d',
    async (code) => {
      server.answer = status(code, { location: 'http://127.0.0.1:1/' });
      await fails('PROVIDER_FAILED', { withinMs: 2000 });
      expect(server.asked).toHaveLength(1);
    },
  );

  it('fails where there is nobody', async () => {
    await server.stop();
    await fails('PROVIDER_FAILED');
  });

  it('is late where its provider never answers', async () => {
    server.answer = () => undefined;
    await fails('PROVIDER_TIMEOUT', {
      given: { deadline: performance.now() + 700 },
      withinMs: 1500,
    });
  });

  it('is late where the image never ends', async () => {
    const head = (await photo()).subarray(0, 200);
    server.answer = provider.imageBy((_, response) => {
      const whole = Buffer.concat([head, Buffer.alloc(1 << 20, 'x')]);
      drip(provider, whole, response);
    });
    await fails('PROVIDER_TIMEOUT', {
      given: { deadline: performance.now() + 1500 },
      withinMs: 2500,
    });
  });

  it('ends at once when nobody waits any more, for the reason that it is given', async () => {
    server.answer = () => undefined;
    const leaving = new AbortController();
    const reason = new Error('the client has left');
    setTimeout(() => {
      leaving.abort(reason);
    }, 300);
    const begun = performance.now();
    await expect(run({ signal: leaving.signal })).rejects.toBe(reason);
    expect(performance.now() - begun).toBeLessThan(1000);
    await eventually(() => {
      expect(server.open()).toBe(0);
    }, 5000);
  });

  it('does not begin what is given up already', async () => {
    const reason = new Error('the client has left');
    await expect(run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.asked).toEqual([]);
  });

  it('fails where the image is none', async () => {
    server.answer = provider.imageBy((_, response) => {
      provider.give(Buffer.from(`<html>${WORDS}</html>${'x'.repeat(100)}`), response);
    });
    await fails('PROVIDER_FAILED', {
      withinMs: 12_000,
      given: { deadline: performance.now() + 11_000 },
    });
  });

  it('fails where the image is empty', async () => {
    server.answer = provider.imageBy((_, response) => {
      provider.give(Buffer.alloc(0), response);
    });
    await fails('PROVIDER_FAILED', {
      withinMs: 12_000,
      given: { deadline: performance.now() + 11_000 },
    });
  });

  it('fails where the image is endless', async () => {
    const head = (await photo()).subarray(0, 200);
    server.answer = provider.imageBy((_, response) => {
      provider.give(Buffer.concat([head, Buffer.alloc(70 << 20, 'x')]), response);
    });
    await fails('PROVIDER_FAILED', {
      withinMs: 50_000,
      given: { deadline: performance.now() + 49_000 },
    });
  }, 60_000);

  it('fails where the answer is no JSON', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"${WORDS}`);
    };
    await fails('PROVIDER_FAILED');
  });

  it('fails where the connection is closed before an answer', async () => {
    server.answer = (_, response) => {
      response.destroy();
    };
    await fails('PROVIDER_FAILED');
  });

  it('fails where the connection is closed in the middle of the image', async () => {
    const changed = Buffer.concat([await photo(), Buffer.alloc(1 << 20, 'x')]);
    server.answer = provider.imageBy((_, response) => {
      const write = response.write.bind(response) as (chunk: Buffer, done: () => void) => boolean;
      response.end = ((chunk: Buffer) => {
        write(chunk.subarray(0, 500_000), () => {
          response.destroy();
        });
        return response;
      }) as typeof response.end;
      provider.give(changed, response);
    });
    await fails('PROVIDER_FAILED', {
      withinMs: 12_000,
      given: { deadline: performance.now() + 11_000 },
    });
  });

  it('fails where there is no key, and says where it belongs', async () => {
    driver = open({ providerKey: () => Promise.resolve(undefined) });
    const error = await fails('PROVIDER_FAILED');
    expect(error.message).toContain(`${driver.name.toUpperCase()}_API_KEY`);
    expect(server.asked).toEqual([]);
  });

  it('finds out without cost whether its provider is there', async () => {
    server.answer = (_, response) => {
      response.writeHead(200).end('{}');
    };
    await driver.ping?.(AbortSignal.timeout(2000));
    expect(server.asked).toMatchObject([provider.ping]);
    server.answer = status(500);
    await expect(driver.ping?.(AbortSignal.timeout(2000))).rejects.toMatchObject({ status: 500 });
    server.answer = () => undefined;
    await expect(driver.ping?.(AbortSignal.timeout(200))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await eventually(() => {
      expect(server.open()).toBe(0);
    }, 5000);
  });

  describe('in its own way', () => {
    further(() => ({ server, driver, run }));
  });
}

/** A little of it, every so often, for ever. */
function drip(provider: Provider, content: Buffer, response: ServerResponse): void {
  response.end = ((chunk: Buffer) => {
    void (async () => {
      for (let at = 0; !response.destroyed; at += 100) {
        response.write(Buffer.from(chunk).subarray(at, at + 100));
        await wait(50);
      }
    })();
    return response;
  }) as typeof response.end;
  provider.give(content, response);
}
