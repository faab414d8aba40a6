import { describe, expect, it } from '@jest/globals';
import { TurbotextDriver } from '../../../src/stores/media/drivers/turbotext/turbotext.driver.js';
import { cleanup } from '../../support/cleanup.js';
import { imageInput } from '../../support/media/driver-task.js';
import type { Answering } from '../../support/media/provider-server.js';
import { photo } from '../../support/media/photos.js';
import { driverCases, KEY } from './cases.js';

const { temporaryFolder } = cleanup();

/** Two seconds, in a test that has less time. */
const ASK_EVERY_MS = 200;

/** As Turbotext answers; the image by what it is given. */
const turbotext =
  (download: Answering, place = '/download.php?f=1.png', busy = 0): Answering =>
  (asked, response) => {
    if (asked.method === 'GET') return download(asked, response);
    const form = new URLSearchParams(asked.body.toString());
    if (form.get('do') === 'create_queue') response.end('{"success":true,"queueid":4711}');
    else if (busy-- > 0) response.end('{"success":false,"action":"reconnect"}');
    else
      response.end(
        JSON.stringify({ success: true, error: '', data: { width: 1 }, uploaded_image: place }),
      );
  };

describe('the turbotext driver', () => {
  driverCases(
    {
      open: (keys, urls) => {
        const driver = new TurbotextDriver(keys, urls);
        expect(driver.askEveryMs).toBe(2000);
        return Object.assign(driver, { askEveryMs: ASK_EVERY_MS });
      },
      settings: { prompt: 'Make it a painting' },
      imageBy: (answering) => turbotext(answering),
      give: (content, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(content);
      },
      requests: 3,
      ping: { method: 'HEAD', path: '/api_ai' },
    },
    (stage) => {
      const forms = () =>
        stage()
          .server.asked.filter(({ method }) => method === 'POST')
          .map(({ path, body }): Record<string, string> => ({
            path,
            ...Object.fromEntries(new URLSearchParams(body.toString())),
          }));
      const templateOf = async (mediaKind: string) => ({
        ...imageInput(temporaryFolder(), await photo('image/png', { width: 50 })),
        mediaKind,
      });
      const publish = (image: object) =>
        Promise.resolve(
          new URL(
            `https://media.example/${'mediaKind' in image ? String(image.mediaKind) : 'photo'}`,
          ),
        );

      it('creates a queue, asks every so often until it is done, and fetches the image', async () => {
        const { server, run } = stage();
        const content = await photo();
        server.answer = turbotext(
          (_, response) => {
            response.end(content);
          },
          undefined,
          2,
        );
        const settings = { prompt: 'ü & so', strength: 30, seed: 7, negative_prompt: 'no' };
        const deadline = performance.now() + 20_000;
        expect((await run({ settings, publish, deadline })).equals(content)).toBe(true);
        const result = { path: '/api_ai/generate_image2image', do: 'get_result', queueid: '4711' };
        expect(forms()).toEqual([
          {
            path: '/api_ai/generate_image2image',
            do: 'create_queue',
            url: 'https://media.example/photo',
            content: 'ü & so',
            strength: '30',
            seed: '7',
            negative_prompt: 'no',
          },
          result,
          result,
          result,
        ]);
        const times = server.asked.map(({ at }) => at);
        for (const [index, at] of times.slice(1, 4).entries())
          expect(at - Number(times[index])).toBeGreaterThanOrEqual(ASK_EVERY_MS - 10);
        for (const { headers } of server.asked) expect(headers.authorization).toBe(`Bearer ${KEY}`);
      }, 60_000);

      it.each([
        ['style_transfer', 'style', 'mix_images', { url_image_target: 'photo', url: 'style' }],
        ['identity_transfer', 'face', 'deepfake_photo', { url: 'photo', url_image_target: 'face' }],
        [
          'identity_transfer',
          'subject',
          'deepfake_photo',
          { url: 'subject', url_image_target: 'photo' },
        ],
      ])('asks for %s with a template %s', async (operation, kind, method, urls) => {
        const { server, run } = stage();
        const content = await photo();
        server.answer = turbotext((_, response) => {
          response.end(content);
        });
        await run({ operation, templates: [await templateOf(kind)], publish });
        expect(forms()[0]).toMatchObject({
          path: `/api_ai/${method}`,
          ...Object.fromEntries(
            Object.entries(urls).map(([name, at]) => [name, `https://media.example/${at}`]),
          ),
        });
      });

      it.each(['style_transfer', 'identity_transfer'])(
        'fails for %s without its template',
        async (operation) => {
          const { server, run } = stage();
          await expect(run({ operation })).rejects.toMatchObject({
            code: 'PROVIDER_FAILED',
            message: expect.stringContaining('lacks a template image') as unknown,
          });
          expect(server.asked).toEqual([]);
        },
      );

      it('is late where it is never done', async () => {
        const { server, run } = stage();
        server.answer = turbotext(() => undefined, undefined, Infinity);
        await expect(run({ deadline: performance.now() + 3000 })).rejects.toMatchObject({
          code: 'PROVIDER_TIMEOUT',
        });
        expect(server.asked.length).toBeGreaterThanOrEqual(3);
      });

      it('bears it that a question for the result fails', async () => {
        const { server, run } = stage();
        const content = await photo();
        const well = turbotext((_, response) => {
          response.end(content);
        });
        server.answer = (asked, response) =>
          server.asked.length === 2 ? void response.writeHead(502).end() : well(asked, response);
        expect((await run({ deadline: performance.now() + 15_000 })).equals(content)).toBe(true);
        expect(forms().filter((form) => form.do === 'create_queue')).toHaveLength(1);
      });

      it.each([
        '{"success":false,"error":"url_error"}',
        '{"success":true}',
        '[]',
        '{"success":true,"queueid":"a b"}',
      ])('fails where no queue is created: %s', async (answer) => {
        const { server, run } = stage();
        server.answer = (_, response) => {
          response.end(answer);
        };
        await expect(run()).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
        expect(server.asked).toHaveLength(1);
      });

      it('says where its quota is used up', async () => {
        const { server, run } = stage();
        server.answer = (_, response) => {
          response.end('{"success":false,"error":"LIMIT"}');
        };
        await expect(run()).rejects.toMatchObject({ code: 'PROVIDER_RATE_LIMITED' });
      });

      it.each([
        'http://169.254.169.254/latest/meta-data/',
        'https://169.254.169.254/',
        'https://10.0.0.1/',
        'https://[::1]/',
        'https://[::ffff:10.0.0.1]/',
        'https://localhost/',
        'http://example.com/',
        'file:///etc/passwd',
        'gopher://x/',
        17,
      ])('does not fetch the image from %s', async (place) => {
        const { server, run } = stage();
        server.answer = turbotext(() => undefined, place as string);
        await expect(run({ deadline: performance.now() + 10_000 })).rejects.toMatchObject({
          code: 'PROVIDER_FAILED',
          message: expect.stringMatching(/is not public|names no place/) as unknown,
        });
        expect(server.asked).toHaveLength(2);
      });

      it('is not led to such a place by a redirection, nor round for ever', async () => {
        const { server, run } = stage();
        server.answer = turbotext((_, response) => {
          response.writeHead(302, { location: 'http://10.0.0.1/' }).end();
        });
        const led = run({ deadline: performance.now() + 10_000 });
        await expect(led).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
        server.answer = turbotext((_, response) => {
          response.writeHead(302, { location: '/again' }).end();
        });
        const round = run({ deadline: performance.now() + 10_000 });
        await expect(round).rejects.toMatchObject({
          code: 'PROVIDER_FAILED',
          message: expect.stringContaining('leads on') as unknown,
        });
      });
    },
  );
});
