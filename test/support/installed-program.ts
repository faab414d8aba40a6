import { spawn } from 'node:child_process';
import type { Ended } from './service.js';
import { WITHOUT_CALLERS } from './without-callers.js';

/** A program from outside: its output, its end, and where it listens once it does. */
export function runInstalled(
  cwd: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
) {
  const [program = process.execPath, ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: {
      PATH: process.env.PATH,
      LOG_FORMAT: 'json',
      SHUTDOWN_DRAIN_MS: '0',
      ...WITHOUT_CALLERS,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code, signal) => {
      done({ code, signal, stdout, stderr });
    });
  });
  const url = new Promise<string>((listening, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const line = /"event":"listening","url":"([^"]+)"/.exec(stdout);
      if (line?.[1]) listening(line[1].replace('0.0.0.0', '127.0.0.1'));
    });
    void ended.then(({ code }) => {
      failed(new Error(`ended with ${code} before it listened:\n${stdout}${stderr}`));
    });
  });
  url.catch(() => undefined);
  return { child, ended, url };
}
