import { spawn } from 'node:child_process';
import {
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { base } from '../../jest.config.js';
import { repeated } from './repeated-tests.mjs';

const COPIED = [
  'src',
  'packages',
  'test/contract',
  'test/unit',
  'test/support',
  'scripts',
  'migrations',
  'package.json',
];
/** Longest time of one test, in milliseconds; a mutant that blocks the process is found by it. */
const SILENCE_MS = 60_000;

/** A copy of the program in which files are mutated and judged. */
export class Workspace {
  #results;

  constructor(folder) {
    this.folder = resolve(folder);
    this.#results = join(this.folder, 'results.jsonl');
    rmSync(this.folder, { recursive: true, force: true });
    for (const path of COPIED) cpSync(path, join(this.folder, path), { recursive: true });
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
    const tests = readdirSync(join(this.folder, 'test'), { recursive: true });
    for (const test of tests.filter((path) => path.endsWith('.test.ts'))) {
      const path = join(this.folder, 'test', test);
      writeFileSync(path, repeated(path, readFileSync(path, 'utf8')));
    }
  }

  write(file, text) {
    writeFileSync(join(this.folder, file), text);
  }

  /**
   * Runs the tests with one mutant after another.
   * @param tests patterns below `test/`
   * @param names which tests, a regular expression
   * @returns by mutant `killed`, `survived`, `unreached` or `timeout`; when one blocks the process,
   *   those that nothing is known of yet are left out
   */
  async judge(mutants, tests, names) {
    writeFileSync(this.#results, '');
    const ended = await this.#run(
      {
        ...base,
        rootDir: this.folder,
        testTimeout: 30_000,
        globals: { mutants, contractBackends: ['IN_MEMORY', 'SQLITE', 'POSTGRES'] },
        testEnvironment: './scripts/mutation/environment.cjs',
        setupFiles: ['./scripts/mutation/first-counterexample.mjs'],
        testMatch: tests.map((pattern) => `<rootDir>/test/${pattern}.test.ts`),
      },
      names,
    );
    const lines = readFileSync(this.#results, 'utf8').trimEnd().split('\n').filter(Boolean);
    const told = verdicts(lines.map((line) => JSON.parse(line)));
    if (ended) return told;
    // The test files that were left might have killed the others.
    return new Map([...told].filter(([, verdict]) => /killed|timeout/.test(verdict)));
  }

  #run(config, names) {
    const jest = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        'node_modules/jest/bin/jest.js',
        `--config=${JSON.stringify(config)}`,
        '--runInBand',
        '--silent',
        '--forceExit',
        `--testNamePattern=${names}`,
      ],
      {
        cwd: this.folder,
        stdio: process.env.MUTATION_VERBOSE ? 'inherit' : 'ignore',
        env: { ...process.env, MUTATION_RESULTS: this.#results },
      },
    );
    const watch = setInterval(() => {
      if (Date.now() - statSync(this.#results).mtimeMs > SILENCE_MS) jest.kill('SIGKILL');
    }, 1000);
    return new Promise((done, failed) => {
      jest.on('error', failed);
      jest.on('exit', (code) => {
        clearInterval(watch);
        done(code !== null);
      });
    });
  }
}

/** One failing test file is enough; a mutant that has been started and not finished blocks. */
function verdicts(lines) {
  const told = grouped(lines);
  return new Map([...told].map(([mutant, of]) => [mutant, verdict(of.map(({ what }) => what))]));
}

function verdict(told) {
  if (told.includes('killed')) return 'killed';
  const started = told.filter((what) => what === 'started').length;
  if (told.length < 2 * started) return 'timeout';
  return told.includes('survived') ? 'survived' : 'unreached';
}

function grouped(lines) {
  const groups = new Map();
  for (const line of lines) groups.set(line.mutant, [...(groups.get(line.mutant) ?? []), line]);
  return groups;
}
