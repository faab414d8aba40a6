import { Inject, Injectable } from '@nestjs/common';
import type { Driver, DriverAnswer, DriverTask } from '../driver.js';
import { judgedImage } from '../http/judged-image.js';
import { ProviderAnswerFault } from '../http/provider-failure.js';
import { boundedBytes } from '../http/read-answer.js';
import { retried } from '../http/retried.js';
import { send, statusOf } from '../http/send.js';
import { keyOf, ProviderKeys } from '../provider-keys.js';
import { ProviderUrls } from '../provider-urls.js';
import { firstImage } from './inline-image.js';
import { geminiRequest, type GeminiRequest } from './gemini.request.js';
import { GeminiSettings } from './gemini.settings.js';

const NAME = 'gemini';

/** An image of 4K by 4K in base64, and as much again. */
const MOST_ANSWER_BYTES = 64 << 20;

/** Why Gemini gives none, as far as it is worth telling. */
const REASONS = [
  'SAFETY',
  'PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
];

/** Google's Gemini: `models/{model}:generateContent`, with the images in the request. */
@Injectable()
export class GeminiDriver implements Driver {
  readonly name = NAME;
  readonly settingsSchema = GeminiSettings;

  constructor(
    @Inject(ProviderKeys) private readonly keys: ProviderKeys,
    @Inject(ProviderUrls) private readonly urls: ProviderUrls,
  ) {}

  async process(task: DriverTask): Promise<DriverAnswer> {
    const settings = GeminiSettings.parse(task.settings);
    const key = await keyOf(this.keys, NAME);
    const request = await geminiRequest(task, settings);
    const url = new URL(`v1beta/models/${settings.model}:generateContent`, this.urls.gemini);
    const { deadline, signal } = task;
    return retried({ provider: NAME, deadline, signal }, () =>
      this.#ask(url, key.reveal(), request, signal),
    );
  }

  /** The list of models costs nothing, and needs a key that is good. */
  async ping(signal: AbortSignal): Promise<void> {
    const key = await keyOf(this.keys, NAME);
    const url = new URL('v1beta/models?pageSize=1', this.urls.gemini);
    const headers = { 'x-goog-api-key': key.reveal() };
    const response = await send({ url, method: 'GET', headers }, signal);
    const status = statusOf(response);
    if (status.status !== 200) throw status;
  }

  async #ask(
    url: URL,
    key: string,
    request: GeminiRequest,
    signal: AbortSignal,
  ): Promise<DriverAnswer> {
    const headers = {
      'x-goog-api-key': key,
      'content-type': 'application/json',
      'content-length': String(request.bytes),
    };
    const response = await send({ url, method: 'POST', headers, body: request.read() }, signal);
    if (response.statusCode !== 200) throw statusOf(response);
    const content = boundedBytes(response, MOST_ANSWER_BYTES, signal);
    const answered = await firstImage(content);
    if ('image' in answered) return judgedImage(NAME, answered.image, signal);
    throw withoutImage(answered.text);
  }
}

/**
 * Of the provider's words, only codes that are known are told. What it has made and not given may be well the next time;
 * a prompt that it has not begun with is refused again.
 */
function withoutImage(text: string): ProviderAnswerFault {
  const [, kind, named] = /"(blockReason|finishReason)"\s*:\s*"([A-Z_]{1,40})"/.exec(text) ?? [];
  const reason = REASONS.find((each) => each === named);
  const words = `its answer has no image${reason === undefined ? '' : ` (${reason})`}`;
  return new ProviderAnswerFault(words, kind !== 'blockReason');
}
