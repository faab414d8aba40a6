import { ReasonError } from '../media.reasons.js';
import { orAborted, untilAborted } from '../files/until-aborted.js';
import type { Driver, DriverAnswer, DriverTask } from './driver.js';

/** A driver that is not waited for longer than its deadline, whatever it makes of its signal. */
export class BoundedDriver implements Driver {
  readonly name: string;
  readonly settingsSchema: Driver['settingsSchema'];
  readonly ping?: (signal: AbortSignal) => Promise<void>;

  constructor(private readonly driver: Driver) {
    this.name = driver.name;
    this.settingsSchema = driver.settingsSchema;
    if (driver.ping) this.ping = driver.ping.bind(driver);
  }

  /** Its signal is aborted at the deadline, also where nobody else does that. @throws as `Driver` says */
  async process(task: DriverTask): Promise<DriverAnswer> {
    const bound = boundOf(task);
    try {
      const answering = this.driver.process({ ...task, signal: bound.signal });
      const answer = await orAborted(answering, bound.signal).catch((error: unknown) => {
        answering.then(dropped, () => undefined);
        throw error;
      });
      return { ...answer, bytes: released(answer.bytes, bound) };
    } catch (error) {
      bound.release();
      throw error;
    }
  }
}

interface Bound {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

function boundOf({ signal, deadline }: DriverTask): Bound {
  const controller = new AbortController();
  const follow = () => {
    controller.abort(signal.reason);
  };
  const timer = setTimeout(
    () => {
      controller.abort(new ReasonError('PROVIDER_TIMEOUT'));
    },
    Math.max(0, deadline - performance.now()),
  ).unref();
  signal.addEventListener('abort', follow, { once: true });
  if (signal.aborted) follow();
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', follow);
    },
  };
}

async function* released(
  bytes: AsyncIterable<Uint8Array>,
  bound: Bound,
): AsyncGenerator<Uint8Array> {
  try {
    yield* untilAborted(bytes, bound.signal);
  } finally {
    bound.release();
  }
}

/** An answer that comes when nobody waits for it any more holds nothing open. */
function dropped({ bytes }: DriverAnswer): void {
  bytes[Symbol.asyncIterator]()
    .return?.()
    .then(undefined, () => undefined);
}
