import { PassThrough, type Readable } from 'node:stream';
import type { Log } from '@holdfast/core/log';
import { type Regions, regionsOf } from './page.js';
import type { Status } from './status.js';
import { timeText, verdictOf } from './words.js';
import '../reasons.js';

/** Pages that are open at once: more people than look at one process in a bad night. */
const MOST_STREAMS = 16;
const EVERY_MS = 1000;
/**
 * A stream ends by itself, and the browser opens the next one: who may see it is asked anew, and an answer that is not
 * taken for a minute is given up anyway (`Connections`).
 */
const LONGEST_MS = 45_000;
/** After which a browser asks again. */
const RETRY_MS = 1000;
/** Where there are too many, each page asks now and then. */
const CROWDED_RETRY_MS = 5000;
/** A page that takes nothing for so long that this much waits for it is left; one event is a few thousand. */
const MOST_WAITING_BYTES = 512 * 1024;

interface Stream {
  readonly stream: PassThrough;
  readonly until: number;
  /** What its page shows. */
  shown: Regions;
}

/** Events for the pages that are open: each second what has changed, made once for all of them. */
export class EventStreams {
  readonly #open = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;

  /** @param draining aborts when the process is to end: the streams end then, and later ones have one event */
  constructor(
    private readonly read: () => Promise<Status>,
    private readonly hasRunbook: boolean,
    private readonly draining: AbortSignal,
    private readonly log: Log,
  ) {
    draining.addEventListener('abort', () => void this.#sendAll());
  }

  get size(): number {
    return this.#open.size;
  }

  /** Begins with an event. One of too many, and one of a process that drains, has no other. */
  async open(): Promise<Readable> {
    const isCrowded = this.#open.size >= MOST_STREAMS;
    const stream = new PassThrough();
    const each: Stream = { stream, until: performance.now() + LONGEST_MS, shown: {} };
    if (!isCrowded) this.#open.add(each);
    stream.once('close', () => {
      this.#leave(each);
    });
    stream.write(`retry: ${isCrowded ? CROWDED_RETRY_MS : RETRY_MS}\n\n`);
    const status = await this.read();
    send(each, status, regionsOf(status, this.hasRunbook));
    if (isCrowded || this.draining.aborted) stream.end();
    else this.#timer ??= setInterval(() => void this.#sendAll(), EVERY_MS).unref();
    return stream;
  }

  close(): void {
    for (const { stream } of this.#open) stream.end();
    clearInterval(this.#timer);
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      const status = await this.read();
      const regions = regionsOf(status, this.hasRunbook);
      for (const each of this.#open) send(each, status, regions);
    } catch (error) {
      this.log.error({ event: 'status.failed', code: 'INTERNAL_ERROR', err: error });
    } finally {
      this.#isSending = false;
      for (const { stream, until } of this.#open) {
        if (this.draining.aborted || performance.now() > until) stream.end();
        else if (stream.writableLength > MOST_WAITING_BYTES) stream.destroy();
      }
    }
  }

  #leave(each: Stream): void {
    this.#open.delete(each);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function send(each: Stream, status: Status, regions: Regions): void {
  const changed = Object.entries(regions).filter(([id, text]) => each.shown[id] !== text);
  each.shown = regions;
  const data = {
    status: status.status,
    title: `${verdictOf(status)}: ${status.service.name}`,
    timestamp: status.timestamp,
    clock: timeText(status.timestamp),
    regions: Object.fromEntries(changed),
  };
  each.stream.write(`event: status\ndata: ${JSON.stringify(data)}\n\n`);
}
