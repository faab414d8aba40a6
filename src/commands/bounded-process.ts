import { spawn } from 'node:child_process';

/**
 * Runs this command once more as a process of its own, and ends with what that has told by `tellEnd`.
 * A process cannot end while the system looks up a name, which takes a minute where several name
 * servers are dead; this one looks up none.
 * @param limitMs since this process began, after which the other one is killed
 * @returns in the other process `here`: it is to do the work; `late` when that one had to be killed
 */
export async function runElsewhere(limitMs: number): Promise<'here' | 'ended' | 'late'> {
  if (process.send) {
    // Nobody is left who would kill it.
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    return 'here';
  }
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs - performance.now());
  let told: unknown;
  child.once('message', (exitCode) => {
    told = exitCode;
    child.kill('SIGKILL');
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  clearTimeout(timer);
  const end = typeof told === 'number' ? told : exitCode;
  if (end === null) return 'late';
  process.exitCode = end;
  return 'ended';
}

/** In the other process: all is printed, and the exit code is set. */
export function tellEnd(): void {
  process.send?.(process.exitCode, () => process.exit());
}
