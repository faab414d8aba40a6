import { ReasonError } from '../media.reasons.js';
import { BoundedDriver } from './bounded-driver.js';
import type { Driver } from './driver.js';

/** The drivers of this build, by name; each keeps to its deadline. */
export class Drivers {
  readonly #byName: ReadonlyMap<string, Driver>;

  constructor(drivers: readonly Driver[]) {
    this.#byName = new Map(drivers.map((driver) => [driver.name, new BoundedDriver(driver)]));
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  get all(): readonly Driver[] {
    return [...this.#byName.values()];
  }

  find(name: string): Driver | undefined {
    return this.#byName.get(name);
  }

  /** @throws PROVIDER_FAILED for a driver that this build has not, as after a downgrade, and for none */
  get(name: string | null): Driver {
    const driver = name === null ? undefined : this.find(name);
    if (driver) return driver;
    const detail = 'the slot names no provider that this build knows';
    throw new ReasonError('PROVIDER_FAILED', { detail });
  }
}
