import { withDeadline } from '@holdfast/core/deadline';
import { ReadinessCheck, type ReadinessIndicator } from '@holdfast/nest/health/readiness-check';
import type { Driver } from '../drivers/driver.js';
import { Drivers } from '../drivers/drivers.js';
import { ProviderKeys } from '../drivers/provider-keys.js';
import { ReasonError } from '../media.reasons.js';

/** Providers count what they are asked. */
const REMEMBERED_MS = 60_000;

/** Milliseconds for an answer: of no image, and from the other end of the world. */
const PING_MS = 5000;

/** Whether the providers that there are keys for can be reached. The service works without, and slots of others as well. */
@ReadinessCheck({ name: 'providers', isRequired: false })
export class ProvidersCheck implements ReadinessIndicator {
  #asked: { readonly at: number; readonly silent: Promise<readonly string[]> } | undefined;
  /** Those that did not answer the last time; undefined before the first answer. */
  #silent: readonly string[] | undefined;

  constructor(
    private readonly drivers: Drivers,
    private readonly keys: ProviderKeys,
  ) {}

  /** What was found the last time: nobody who probes waits for a provider. */
  check(): string {
    if (!this.#asked || performance.now() - this.#asked.at > REMEMBERED_MS) {
      const silent = this.#ask();
      this.#asked = { at: performance.now(), silent };
      silent.then(
        (found) => {
          this.#silent = found;
        },
        // The keys are in the database, whose own check says what is wrong with it.
        () => undefined,
      );
    }
    if (this.#silent === undefined) return 'not known yet';
    if (this.#silent.length === 0) return 'those with a key answer';
    const detail = `${this.#silent.join(', ')} cannot be reached, or refuses the key`;
    throw new ReasonError('PROVIDER_FAILED', { detail });
  }

  async #ask(): Promise<readonly string[]> {
    const silent: string[] = [];
    await Promise.all(
      this.drivers.all.map(async (driver) => {
        if (!driver.ping || !(await this.keys.providerKey(driver.name))) return;
        if (!(await answers(driver))) silent.push(driver.name);
      }),
    );
    return silent.toSorted();
  }
}

async function answers(driver: Driver): Promise<boolean> {
  const bound = new AbortController();
  try {
    await withDeadline(PING_MS, Promise.resolve(driver.ping?.(bound.signal)), { ref: false });
    return true;
  } catch {
    return false;
  } finally {
    bound.abort();
  }
}
