import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { PostgresTool } from './find-tool.js';
import type { LibpqAccess } from './libpq-access.js';
import { searchPath } from './search-path.js';
import { unnamedFile } from './unnamed-file.js';

/** A program of PostgreSQL's that is under way. */
export interface RunningTool {
  readonly child: ChildProcess;
  /** What it has said when it has ended well. @throws ToolFailed */
  readonly ended: Promise<string>;
}

/** The program has ended with another code than 0. */
export class ToolFailed extends Error {
  override readonly name = 'ToolFailed';
}

/** Of what a program says on stderr, the last bytes are kept. */
const MOST_SAID = 8192;
/** Descriptors behind stdin, stdout and stderr. */
const FIRST_FILE = 3;

/**
 * Starts a program with no more of the environment than it needs, in which there are no secrets.
 * @param signal ends it
 */
export function runTool(
  tool: PostgresTool,
  args: readonly string[],
  { environment, files }: LibpqAccess,
  signal: AbortSignal,
): RunningTool {
  const names = Object.keys(files);
  const descriptors = Object.values(files).map(unnamedFile);
  try {
    const child = spawn(tool.path, args, {
      env: {
        PATH: searchPath(),
        LC_ALL: 'C',
        ...environment,
        ...Object.fromEntries(names.map((name, at) => [name, `/dev/fd/${FIRST_FILE + at}`])),
      },
      stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    });
    return { child, ended: endOf(child, tool, signal) };
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function endOf(child: ChildProcess, { path }: PostgresTool, signal: AbortSignal): Promise<string> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
  });
  const stop = () => {
    child.kill('SIGKILL');
    // What the program may have started itself has them, too, and does not end with it.
    for (const stream of child.stdio) stream?.destroy();
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      if (code === 0) resolve(said);
      else
        reject(
          new ToolFailed(withoutContent(said) || `${path} ended by ${killedBy ?? `code ${code}`}`),
        );
    });
  });
  // Whoever started it may be busy with its output when it fails.
  ended.catch(() => undefined);
  return ended;
}

/** Lines of a program's own; what it quotes of a server stands below them. */
const OWN_LINE = /^pg_(?:dump|restore): /;
const QUOTES =
  /^pg_(?:dump|restore): (?:error: |detail: )?(?:command was|query was|detail|context):/i;
const ADVICE = /^hint: /i;
/** What a command makes or changes, up to the name of that. */
const COMMAND = /[Cc]ommand was: ((?:[A-Z]+ )+(?:"[^"]+"|[\w$.]+))/;

/** What a program says, without the commands, the rows and the places in them that it quotes: they may hold secrets. */
export function withoutContent(said: string): string {
  const lines = said.split('\n').flatMap((line) => {
    const [, command] = COMMAND.exec(line) ?? [];
    if (command !== undefined) return [`at ${command}`];
    return (OWN_LINE.test(line) && !QUOTES.test(line)) || ADVICE.test(line) ? [line] : [];
  });
  return lines.join('\n').trim();
}
