import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

/** What is not of the project's own, or made by it. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'data', '.mutation']);

export interface BrokenCopy {
  write(file: string, text: string): void;
  /** Takes all out of a folder. */
  empty(folder: string): void;
  /** Runs one of the scripts of `package.json`, and answers its exit code and all output. */
  npmRun(args: readonly string[], environment?: Environment): Promise<Ran>;
  /** Runs a program in the copy, and answers the same. */
  run(program: string, args: readonly string[], environment?: Environment): Promise<Ran>;
  /** A folder for a PATH that leads to these programs alone. */
  folderOf(programs: readonly string[]): string;
  discard(): void;
}

type Environment = Readonly<Record<string, string>>;

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A copy of the whole project, as it is built, that a test may break. */
export function brokenCopy(): BrokenCopy {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-broken-'));
  for (const entry of readdirSync('.').filter((name) => !LEFT_OUT.has(name))) {
    cpSync(entry, join(folder, entry), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  // The folders are newer than what was built from them, which would be built again.
  const now = new Date();
  for (const file of readdirSync(join(folder, 'dist')))
    utimesSync(join(folder, 'dist', file), now, now);
  return {
    write: (file, text) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    },
    empty: (name) => {
      rmSync(join(folder, name), { recursive: true });
      mkdirSync(join(folder, name));
    },
    npmRun: (args, environment) => run(folder, 'npm', ['run', ...args], environment),
    run: (program, args, environment) => run(folder, program, args, environment),
    folderOf: (programs) => {
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      for (const program of programs) symlinkSync(whereIs(program), join(bin, program));
      return bin;
    },
    discard: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function run(
  cwd: string,
  program: string,
  args: readonly string[],
  environment: Environment = {},
): Promise<Ran> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const hear = (text: string) => (output += text);
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('error', failed);
    child.on('close', (code) => {
      done({ code, output });
    });
  });
}

function whereIs(program: string): string {
  const places = (process.env.PATH ?? '').split(delimiter).map((place) => join(place, program));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`there is no ${program} on the PATH`);
  return realpathSync(found);
}
