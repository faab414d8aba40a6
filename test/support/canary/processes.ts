import { existsSync, readFileSync } from 'node:fs';

const EVERY_MS = 15;

/** Watches what other users of the machine can see of a process and of those that it starts. */
export function watchProcess(pid: number): { readonly seen: () => string } {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    if (!existsSync(`/proc/${pid}`)) clearInterval(timer);
    else look(pid, seen, false);
  }, EVERY_MS).unref();
  look(pid, seen, false);
  return { seen: () => [...seen].join('\n') };
}

/** This build's own programs are configured by their environment, by whomever they are started. */
const OWN = /dist\/(cli|main)\.js/;

/** @param isStarted by the process, which has handed on its environment */
function look(pid: number, seen: Set<string>, isStarted: boolean): void {
  const command = read(pid, 'cmdline');
  seen.add(command);
  // In the middle of an exec there is none yet, and the environment is already the next program's.
  if (isStarted && command !== '' && !OWN.test(command)) seen.add(read(pid, 'environ'));
  for (const child of read(pid, `task/${pid}/children`).split(' ')) {
    if (/^\d+$/.test(child)) look(Number(child), seen, true);
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It has ended meanwhile, or this is no Linux.
    return '';
  }
}
