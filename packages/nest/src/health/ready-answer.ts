import { Injectable } from '@nestjs/common';
import type { PlainAnswer } from '../http/plain-route.js';
import { HealthService, type Readiness } from './health.service.js';

/** Milliseconds; what the probes have found shows so much later. */
const SHARED_MS = 25;

/** Body but for the time of the answer. */
interface Template {
  readonly status: 200 | 503;
  readonly before: string;
  readonly after: string;
}

/** Readiness on the wire. The checks are put together and written as JSON once in 25 ms, not once a request. */
@Injectable()
export class ReadyAnswer {
  #template: Template | undefined;
  #madeAt = -Infinity;
  #making: Promise<PlainAnswer> | undefined;
  /** Of the present millisecond: all requests in it get the same. */
  #given:
    { readonly at: number; readonly template: Template; readonly answer: PlainAnswer } | undefined;

  constructor(private readonly health: HealthService) {}

  /**
   * Synchronous where the answer is known; a promise when the checks have to run first.
   * @param without checks that are left out; such an answer is made for itself
   */
  give(without: readonly string[]): PlainAnswer | Promise<PlainAnswer> {
    if (without.length > 0) return this.#makeWithout(without);
    const isShared = performance.now() - this.#madeAt < SHARED_MS && !this.health.isDraining;
    if (this.#template && isShared) return this.#answerOf(this.#template);
    return (this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    }));
  }

  async #makeWithout(names: readonly string[]): Promise<PlainAnswer> {
    return answerAt(Date.now(), templateOf(await this.health.readiness(names)));
  }

  async #make(): Promise<PlainAnswer> {
    const template = templateOf(await this.health.readiness());
    this.#template = template;
    this.#madeAt = performance.now();
    return this.#answerOf(template);
  }

  #answerOf(template: Template): PlainAnswer {
    const at = Date.now();
    if (this.#given?.at !== at || this.#given.template !== template)
      this.#given = { at, template, answer: answerAt(at, template) };
    return this.#given.answer;
  }
}

function templateOf({ checks, timestamp: _, ...head }: Readiness): Template {
  return {
    status: head.status === 'fail' ? 503 : 200,
    before: `${JSON.stringify(head).slice(0, -1)},"timestamp":"`,
    after: `","checks":${JSON.stringify(checks)}}`,
  };
}

function answerAt(at: number, { status, before, after }: Template): PlainAnswer {
  return { status, body: before + new Date(at).toISOString() + after };
}
