import { type ChildProcess, spawn } from 'node:child_process';
import type { Order } from './files.js';

/** A process that has files of the media store to itself. */
export interface FilesProcess {
  readonly process: ChildProcess;
  /** Its lines, once it has ended. */
  readonly ended: Promise<readonly Record<string, unknown>[]>;
}

export function startFiles(order: Order): FilesProcess {
  const child = spawn(
    process.execPath,
    [
      ...['--conditions', '@holdfast/source', '--import', './bench/support/typescript.mjs'],
      ...['test/support/media/files.ts', JSON.stringify(order)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = new Promise<readonly Record<string, unknown>[]>((done) => {
    child.once('close', () => {
      const lines = text.split('\n').slice(0, -1);
      done(lines.map((line) => JSON.parse(line) as Record<string, unknown>));
    });
  });
  return { process: child, ended };
}
