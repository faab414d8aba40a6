import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';

/** One answer of a probe. Times are milliseconds since the epoch. */
export interface Sample {
  readonly at: number;
  readonly ms: number;
  /** 0 when there was none. */
  readonly status: number;
  readonly codes: readonly string[];
  readonly error?: string;
}

/** One write, known by its idempotency key however often it was sent. */
export interface Write {
  readonly key: string;
  readonly kind: 'proposal' | 'run';
  readonly sentAt: number;
  readonly acknowledgedAt?: number;
  /** What the service has said that it stored. */
  readonly id?: string;
}

export interface Observed {
  readonly ready: readonly Sample[];
  readonly live: readonly Sample[];
  /** The answers of a server that does nothing, asked in the same rhythm: what the machine takes. */
  readonly control: readonly Sample[];
  readonly writes: readonly Write[];
  readonly reads: number;
  /** Answers that were no success, by status or error. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface Client {
  /** Resolves when everything is being asked and answered. */
  readonly warm: Promise<void>;
  /** Lets the writers finish, and tells what was seen. */
  readonly end: () => Promise<Observed>;
  readonly kill: () => void;
}

interface Options {
  /** Where writes go. */
  readonly url: string;
  /** Whose probes are asked; where the writes go by default. */
  readonly probed?: string;
  /** Whether a write that fails is sent again. */
  readonly retries?: boolean;
}

/** Starts the load in a process of its own. */
export function startClient({ url, probed = url, retries = true }: Options): Client {
  const child = fork(resolve('test/faults/load.mjs'), { stdio: 'inherit', execArgv: [] });
  const run = randomBytes(4).toString('hex');
  const control = fork(resolve('test/faults/control.mjs'), { stdio: 'inherit', execArgv: [] });
  control.once('message', (message) => {
    const { port } = message as { port: number };
    child.send({ begin: { url, probed, control: `http://127.0.0.1:${port}`, run, retries } });
  });
  const told = <T>(name: 'isWarm' | 'observed') => {
    const value = new Promise<T>((done, failed) => {
      child.on('message', (message) => {
        if (name in (message as object)) done((message as Record<typeof name, T>)[name]);
      });
      child.on('close', (code) => {
        failed(new Error(`the client ended with ${code}`));
      });
    });
    // Told to whoever waits for it.
    value.catch(() => undefined);
    return value;
  };
  const warm = told<true>('isWarm').then(() => undefined);
  const observed = told<Observed>('observed');
  return {
    warm,
    end: async () => {
      child.send({ end: true });
      const result = await observed;
      child.disconnect();
      control.disconnect();
      return result;
    },
    kill: () => {
      child.kill('SIGKILL');
      control.kill('SIGKILL');
    },
  };
}
