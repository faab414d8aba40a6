import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { GeminiDriver } from '../../../src/stores/media/drivers/gemini/gemini.driver.js';
import { cleanup } from '../../support/cleanup.js';
import { imageInput } from '../../support/media/driver-task.js';
import { bomb, photo } from '../../support/media/photos.js';
import { driverCases, KEY } from './cases.js';

const { temporaryFolder } = cleanup();

/** As Gemini writes it. */
function candidates(parts: readonly object[], rest: object = { finishReason: 'STOP' }): string {
  return JSON.stringify({
    candidates: [{ content: { parts, role: 'model' }, ...rest, index: 0 }],
    usageMetadata: { promptTokenCount: 1, totalTokenCount: 2 },
  });
}

const inline = (image: Buffer) =>
  candidates([{ inlineData: { mimeType: 'image/jpeg', data: image.toString('base64') } }]);

describe('the gemini driver', () => {
  driverCases(
    {
      open: (keys, urls) => new GeminiDriver(keys, urls),
      settings: { prompt: 'Make it a painting' },
      imageBy: (answering) => answering,
      give: (content, response) => {
        response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' });
        const inlineData = { mimeType: 'image/png', data: content.toString('base64') };
        const text = 'Here it is: {"inlineData": {"data": "no"}} — ð';
        response.end(Buffer.from(candidates([{ text }, { inlineData }])));
      },
      requests: 1,
      ping: { method: 'GET', path: '/v1beta/models?pageSize=1' },
    },
    (stage) => {
      it('sends photo, templates and prompt, with the key in a header alone', async () => {
        const { server, run } = stage();
        const [content, style] = [await photo(), await photo('image/png')];
        server.answer = (_, response) => {
          response.end(
            candidates([{ inline_data: { mime_type: 'x', data: content.toString('base64') } }]),
          );
        };
        const template = { ...imageInput(temporaryFolder(), style), mediaKind: 'style' };
        const image = imageInput(temporaryFolder(), content);
        const settings = {
          prompt: 'In the "style" of it\n',
          model: 'gemini-3-pro-image-preview',
          aspect_ratio: '16:9',
          image_size: '2K',
          temperature: 0.5,
        };
        expect((await run({ image, templates: [template], settings })).equals(content)).toBe(true);
        const [asked] = server.asked;
        expect(asked?.path).toBe('/v1beta/models/gemini-3-pro-image-preview:generateContent');
        expect(asked?.headers['x-goog-api-key']).toBe(KEY);
        expect(asked?.body.toString()).not.toContain(KEY);
        expect(asked?.body).toHaveLength(Number(asked?.headers['content-length']));
        expect(JSON.parse(asked?.body.toString() ?? '')).toEqual({
          contents: [
            {
              role: 'user',
              parts: [
                { inlineData: { mimeType: 'image/jpeg', data: content.toString('base64') } },
                { text: 'style:' },
                { inlineData: { mimeType: 'image/png', data: style.toString('base64') } },
                { text: 'In the "style" of it' },
              ],
            },
          ],
          generationConfig: {
            responseModalities: ['TEXT', 'IMAGE'],
            imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
            temperature: 0.5,
          },
        });
      });

      it.each<readonly [string, (response: ServerResponse) => unknown]>([
        [
          'that only talks',
          (response) => response.end(candidates([{ text: 'I would rather talk.' }])),
        ],
        ['without a candidate', (response) => response.end('{"candidates": []}')],
        [
          'whose image is kept back',
          (response) => response.end(candidates([], { finishReason: 'IMAGE_SAFETY' })),
        ],
        ['that is no JSON', (response) => response.end('<html>502</html>')],
        ['of no bytes', (response) => response.end()],
        [
          'that breaks off',
          (response) => response.writeHead(200, { 'content-length': 9 }).end('{'),
        ],
        ['that never comes', (response) => response.destroy()],
        ['that is a failure', (response) => response.writeHead(500).end()],
        ['with an image of nothing', (response) => response.end(inline(Buffer.alloc(0)))],
        [
          'with an image that is none',
          (response) => response.end(inline(Buffer.from('<html>no</html>'.repeat(9)))),
        ],
        [
          'with an image that breaks off in its head',
          (response) => response.end(inline(bomb(10, 10).subarray(0, 30))),
        ],
        [
          'with an image that is too large',
          (response) => response.end(inline(bomb(20_000, 20_000))),
        ],
      ])('asks again after an answer %s', async (_what, first) => {
        const { server, run } = stage();
        const content = await photo();
        server.answer = (_, response) => {
          if (server.asked.length === 1) first(response);
          else response.end(inline(content));
        };
        const deadline = performance.now() + 20_000;
        expect((await run({ deadline })).equals(content)).toBe(true);
        expect(server.asked).toHaveLength(2);
      });

      it('fails where no answer has an image', async () => {
        const { server, run } = stage();
        server.answer = (_, response) => {
          response.end(candidates([{ text: 'I would rather talk.' }]));
        };
        await expect(run()).rejects.toMatchObject({
          code: 'PROVIDER_FAILED',
          message: 'gemini: its answer has no image',
        });
        expect(server.asked.length).toBeGreaterThan(1);
      });

      it.each([
        ['SAFETY', '{"promptFeedback": {"blockReason": "SAFETY"}}'],
        ['PROHIBITED_CONTENT', '{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}'],
      ])('does not ask again with a prompt that is refused for %s', async (reason, answer) => {
        const { server, run } = stage();
        server.answer = (_, response) => {
          response.end(answer);
        };
        await expect(run()).rejects.toMatchObject({
          code: 'PROVIDER_FAILED',
          message: `gemini: its answer has no image (${reason})`,
        });
        expect(server.asked).toHaveLength(1);
      });

      it('makes images smaller that are too large for a request', async () => {
        const { server, run } = stage();
        const content = await photo();
        const noise = Buffer.concat([
          await photo('image/jpeg', { width: 4000, height: 3000 }),
          Buffer.alloc(16_000_000),
        ]);
        server.answer = (_, response) => {
          const inlineData = { mimeType: 'image/jpeg', data: content.toString('base64') };
          response.end(candidates([{ inlineData }]));
        };
        const image = imageInput(temporaryFolder(), noise);
        await run({ image, deadline: performance.now() + 30_000 });
        expect(server.asked[0]?.body.length).toBeLessThan(2_000_000);
      });

      it('refuses settings that are none', () => {
        const { settingsSchema } = stage().driver;
        for (const given of [
          {},
          { prompt: ' ' },
          { prompt: 'x', model: '../files' },
          { prompt: 'x', model: 'a?b' },
          { prompt: 'x', aspect_ratio: '5:1' },
          { prompt: 'x', api_key: 'y' },
        ])
          expect([given, settingsSchema.safeParse(given).success]).toEqual([given, false]);
      });
    },
  );
});
