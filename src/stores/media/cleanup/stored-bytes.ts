import { Injectable } from '@nestjs/common';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import { type Scope, SCOPES } from '../objects/media-object.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';

/** Milliseconds after which the sums are asked for anew, when somebody looks. */
const FRESH_MS = 60_000;

/** What the files take, as the database says. Whoever scrapes never waits for it, and sees what it was a minute ago. */
@Injectable()
export class StoredBytes {
  #bytes: Readonly<Record<Scope, number>> | undefined;
  #askedAt = -Infinity;

  constructor(
    metrics: Metrics,
    private readonly objects: MediaObjectRepository,
  ) {
    metrics.register({
      name: 'holdfast_media_bytes',
      help: 'What the files that are not cleaned take, by what they are for; none before it is known.',
      type: 'gauge',
      labels: ['scope'],
      read: () => this.#read(),
    });
  }

  #read() {
    if (performance.now() - this.#askedAt >= FRESH_MS) {
      this.#askedAt = performance.now();
      // Where the database does not say, its own metrics and checks tell it; the last sums go with their age.
      void this.objects.bytesByScope().then(
        (bytes) => (this.#bytes = bytes),
        () => (this.#bytes = undefined),
      );
    }
    const bytes = this.#bytes;
    return bytes ? SCOPES.map((scope) => ({ labels: { scope }, value: bytes[scope] })) : [];
  }
}
