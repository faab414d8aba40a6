import { spawn } from 'node:child_process';

/** How long, in milliseconds, another process may do its work, and may take to begin with it. */
export interface Bounds {
  readonly workMs: number;
  readonly startMs: number;
}

/**
 * Runs this command once more as a process of its own, and hears what that says with `sendToParent`; it has
 * begun with the first message. A process cannot end while the system looks up a name, which takes a
 * minute where several name servers are dead; this one looks up none.
 * @returns in the other process `here`: it is to do the work, and then to `endChild`; in this one whether
 * that one `ended` so, was `killed` because its time was up, or `failed` without a word
 */
export async function runInChild(
  { workMs, startMs }: Bounds,
  hear: (message: unknown) => void,
): Promise<'here' | 'ended' | 'killed' | 'failed'> {
  if (process.send) {
    // Nobody is left who would kill it.
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    return 'here';
  }
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  let end: 'ended' | 'killed' | 'failed' = 'failed';
  const stop = (as: 'ended' | 'killed') => {
    end = as;
    child.kill('SIGKILL');
  };
  const killAfter = (milliseconds: number) => setTimeout(stop, milliseconds, 'killed');
  let timer = killAfter(startMs);
  child.once('message', () => {
    clearTimeout(timer);
    timer = killAfter(workMs);
  });
  child.on('message', (message) => {
    if (message === END) stop('ended');
    else hear(message);
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    // All that it has said has been heard by then.
    child.on('close', () => {
      resolve();
    });
  });
  clearTimeout(timer);
  return end;
}

const END = 'end';

/** In the other process: tells the first one; nothing that has been said is lost. */
export function sendToParent(message: object): void {
  process.send?.(message);
}

/** In the other process: all has been said. */
export function endChild(): void {
  process.send?.(END);
}
