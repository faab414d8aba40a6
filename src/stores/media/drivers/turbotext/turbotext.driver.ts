import { Inject, Injectable } from '@nestjs/common';
import { ReasonError } from '../../media.reasons.js';
import type { Driver, DriverAnswer, DriverTask } from '../driver.js';
import { judgedImage } from '../http/judged-image.js';
import {
  mayPass,
  ProviderAnswerFault,
  providerFailure,
  ProviderStatus,
} from '../http/provider-failure.js';
import { boundedBytes, readJson } from '../http/read-answer.js';
import { pause, retried } from '../http/retried.js';
import { send, statusOf } from '../http/send.js';
import { keyOf, ProviderKeys } from '../provider-keys.js';
import { ProviderUrls } from '../provider-urls.js';
import { download, urlIn } from './download.js';
import { turbotextOrder } from './turbotext.order.js';
import { TurbotextSettings } from './turbotext.settings.js';

const NAME = 'turbotext';

/** As its documentation asks. */
const ASK_EVERY_MS = 2000;

/** Of questions for a result, in a row; the queue that was paid for goes on. */
const MOST_FAILURES = 3;

const MOST_IMAGE_BYTES = 64 << 20;

/** Turbotext: a queue is created, asked until it is done, and what it names is fetched. */
@Injectable()
export class TurbotextDriver implements Driver {
  readonly name = NAME;
  readonly settingsSchema = TurbotextSettings;
  /** Milliseconds from one question for a result to the next. */
  askEveryMs = ASK_EVERY_MS;

  constructor(
    @Inject(ProviderKeys) private readonly keys: ProviderKeys,
    @Inject(ProviderUrls) private readonly urls: ProviderUrls,
  ) {}

  async process(task: DriverTask): Promise<DriverAnswer> {
    const { deadline, signal } = task;
    const key = await keyOf(this.keys, NAME);
    const headers = { authorization: `Bearer ${key.reveal()}` };
    const { method, fields } = await turbotextOrder(task, TurbotextSettings.parse(task.settings));
    const url = new URL(`api_ai/${method}`, this.urls.turbotext);
    const ask = (form: Readonly<Record<string, string>>) => this.#ask(url, headers, form, signal);
    const retrying = { provider: NAME, deadline, signal };
    // Each queue costs: only what was certainly not begun is begun again.
    const queue = await retried({ ...retrying, mayPass: wasNotBegun }, async () =>
      queueIn(await ask({ do: 'create_queue', ...fields })),
    );
    const place = await this.#result(() => ask({ do: 'get_result', queueid: queue }), signal);
    return retried(retrying, async () => {
      const response = await download(place, { base: this.urls.turbotext, headers }, signal);
      return judgedImage(NAME, boundedBytes(response, MOST_IMAGE_BYTES, signal), signal);
    });
  }

  /** Whether its server answers; what it says to that costs nothing. */
  async ping(signal: AbortSignal): Promise<void> {
    const url = new URL('api_ai', this.urls.turbotext);
    const status = statusOf(await send({ url, method: 'HEAD', headers: {} }, signal));
    if (status.status >= 500) throw status;
  }

  /** Until it is there, or the signal ends it. */
  async #result(ask: () => Promise<Answer>, signal: AbortSignal): Promise<URL> {
    for (let failures = 0; ;) {
      await pause(this.askEveryMs, signal);
      try {
        const place = resultIn(await ask());
        if (place !== undefined) return urlIn(place, this.urls.turbotext);
        failures = 0;
      } catch (error) {
        signal.throwIfAborted();
        if (++failures === MOST_FAILURES || !mayPass(error)) throw providerFailure(NAME, error);
      }
    }
  }

  async #ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    form: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const body = Buffer.from(new URLSearchParams(form).toString());
    const response = await send(
      {
        url,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(body.length),
        },
        // eslint-disable-next-line @typescript-eslint/require-await -- bodies are sent over time.
        body: (async function* () {
          yield body;
        })(),
      },
      signal,
    );
    if (response.statusCode !== 200) throw statusOf(response);
    return answerOf(await readJson(response, signal));
  }
}

type Answer = Readonly<Record<string, unknown>>;

function answerOf(json: unknown): Answer {
  if (typeof json === 'object' && json !== null) return json as Answer;
  throw new ProviderAnswerFault('its answer is no object', true);
}

function queueIn({ success, queueid, error }: Answer): string {
  // Its quota is used up.
  if (success !== true && error === 'LIMIT') throw new ReasonError('PROVIDER_RATE_LIMITED');
  const isNamed = typeof queueid === 'number' || typeof queueid === 'string';
  if (success === true && isNamed && /^[\w-]{1,64}$/.test(String(queueid))) return String(queueid);
  throw new ProviderAnswerFault('it takes no such order');
}

/** Undefined while it is at work. */
function resultIn({ success, action, uploaded_image: place, data }: Answer): unknown {
  if (success === true) {
    const within = typeof data === 'object' && data !== null ? (data as Answer) : {};
    return place ?? within.uploaded_image ?? null;
  }
  if (action === 'reconnect') return undefined;
  throw new ProviderAnswerFault('it could not change the image');
}

/** Its server was not reached, or said that it is busy. */
function wasNotBegun(error: unknown): boolean {
  if (error instanceof ProviderStatus) return error.isRateLimit || error.status === 503;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
}
