import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { INGEST_PASSWORD } from './open-slot.js';
import { photoOf, sendPhoto, sha256Of } from './photo.js';

const BYTES = 150_000;
/** A client gives up a request that nobody answers, and sends it again under its key. */
const ANSWER_MS = 20_000;
/** A photo that nobody has taken by then is told as refused. */
const TAKEN_WITHIN_MS = 90_000;
/** A look at a result, again: its instance may just be gone. */
const SEEN_WITHIN_MS = 60_000;

/** A result that somebody has been given. */
export interface AcknowledgedResult {
  readonly jobId: string;
  readonly sha256: string;
}

/** What a result is answered with: `200 SHA-256`, or the status and the code. */
export async function lookAt(url: string, jobId: string): Promise<string> {
  const answer = await fetch(`${url}/public/results/${jobId}`, {
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  if (answer.ok) return `${answer.status} ${sha256Of(body)}`;
  return `${answer.status} ${(JSON.parse(body.toString()) as { readonly code: string }).code}`;
}

/** Clients that send photos, each until it is taken, and now and then look at a result of any of them. */
export class PhotoClients {
  readonly acknowledged: AcknowledgedResult[] = [];
  /** What should not be: refused photos, other bytes, results that are not there. */
  readonly wrong: string[] = [];
  readonly counts = { requests: 0, again: 0, repeated: 0, looks: 0, looksAgain: 0 };
  #isOver = false;
  readonly #running: readonly Promise<void>[];

  constructor(
    private readonly url: string,
    clients: number,
  ) {
    this.#running = Array.from({ length: clients }, () => this.#run());
  }

  /** After the photos that are under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#send();
      const some = this.acknowledged[Math.floor(Math.random() * this.acknowledged.length)];
      if (some) await this.#look(some);
    }
  }

  async #send(): Promise<void> {
    const photo = photoOf(BYTES);
    const [key, sha256, until] = [randomUUID(), sha256Of(photo), Date.now() + TAKEN_WITHIN_MS];
    for (let tries = 0; ; tries += 1) {
      this.counts.requests += 1;
      const answer = await sendPhoto(
        `${this.url}/api/ingest/slot-001`,
        [
          ['password', INGEST_PASSWORD],
          ['file', photo],
        ],
        { 'idempotency-key': key },
        AbortSignal.timeout(ANSWER_MS),
        // Cut off, or nobody there: whether it was taken is not known.
      ).catch(() => null);
      if (answer?.status === 200) {
        if (tries > 0) this.counts.again += 1;
        if (answer.headers.has('idempotency-replayed')) this.counts.repeated += 1;
        if (sha256Of(answer.body) !== sha256) this.wrong.push('an answer with other bytes');
        this.acknowledged.push({ jobId: answer.headers.get('x-job-id') ?? '', sha256 });
        return;
      }
      const isRefused = answer !== null && answer.status < 500 && answer.status !== 429;
      if (isRefused || Date.now() > until) {
        this.wrong.push(`a photo: ${answer?.status ?? 'no answer'} ${answer?.code ?? ''}`);
        return;
      }
      await wait(100);
    }
  }

  async #look({ jobId, sha256 }: AcknowledgedResult): Promise<void> {
    const until = Date.now() + SEEN_WITHIN_MS;
    for (let tries = 0; ; tries += 1) {
      this.counts.looks += 1;
      const seen = await lookAt(this.url, jobId).catch(() => 'cut off');
      if (seen === `200 ${sha256}`) return;
      // The balancer's own answers, and those of an instance that is just starting.
      const mayPass =
        seen === 'cut off' || seen.includes('BALANCER_') || seen.startsWith('503 DATABASE');
      if (!mayPass || Date.now() > until) {
        this.wrong.push(`a result: ${seen}`);
        return;
      }
      this.counts.looksAgain += 1;
      await wait(100);
    }
  }
}
