import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const EXIT = { failed: 1, usage: 64 };
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** @type {(() => unknown)[]} */
const undoings = [];
/** @type {Promise<void> | undefined} */
let ending;

/**
 * Registers what has to be undone when the bench ends, however it ends; the last comes first.
 * @param {() => unknown} undo
 */
export function atEnd(undo) {
  undoings.push(undo);
}

/** A folder that is gone when the bench has ended. */
export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs a bench from the command line to its exit code: 64 for wrong usage, 1 when it fails.
 * @param {string} usage printed by `--help`
 * @param {Record<string, { type: 'string', default: string } | { type: 'boolean' }>} options
 * options with a value take a whole number from 1
 * @param {(flags: Record<string, number | boolean>) => Promise<number>} work answers the exit code
 * @returns {Promise<never>}
 */
export async function runBench(usage, options, work) {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => void finish(code));
  }
  const flags = readFlags(usage, options);
  let code = EXIT.failed;
  try {
    code = await work(flags);
  } catch (error) {
    // Once the bench is being ended, work fails because its servers are gone.
    if (!ending) console.error(error instanceof Error ? error.message : error);
  }
  return finish(code);
}

/** @param {number} code */
async function finish(code) {
  if (ending) await ending;
  else await (ending = undoAll());
  process.exit(code);
}

async function undoAll() {
  for (let undo = undoings.pop(); undo; undo = undoings.pop()) {
    try {
      await undo();
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
  }
}

/**
 * @param {string} usage
 * @param {Parameters<typeof runBench>[1]} options
 * @returns {Record<string, number | boolean>}
 */
function readFlags(usage, options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        if (typeof value !== 'string') return [name, Boolean(value)];
        if (/^[1-9]\d{0,3}$/.test(value)) return [name, Number(value)];
        throw new Error(`--${name} takes a whole number from 1 to 9999`);
      }),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(EXIT.usage);
  }
}

/** What the figures depend on. */
export function machine() {
  const load = loadavg()[0]?.toFixed(1);
  return `Node ${process.version}, ${availableParallelism()} CPUs (${cpus()[0]?.model}), load average ${load}`;
}

/** @param {import('node:child_process').ChildProcess} child */
export async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
