import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { workingFolder } from '../support/service.js';

/** What `.ci/run` would install where it is missing. */
const TOOLS = [
  ...['redis-server', 'openssl', 'pgbouncer', 'haproxy', 'docker-compose'],
  ...['chromium', 'psql', 'python3'],
];

/** One test of a report. */
type Outcome = 'passed' | 'failed' | 'pending';
/** Outcomes of tests by their name, by their file; `broken` is a file that failed beside its tests. */
type Run = Readonly<Record<string, Readonly<Record<string, Outcome>> | 'broken'>>;

interface Scenario {
  /** Calls of npm that end with 1, by their first words. */
  readonly failing?: readonly string[];
  readonly tests?: readonly Run[];
  readonly faults?: readonly Run[];
}

const GREEN: Run = { 'test/a.test.ts': { one: 'passed', two: 'passed' } };

/** Runs `.ci/run` with an npm that only says what the scenario tells it to. */
function run({ failing = [], tests = [GREEN], faults = [GREEN] }: Scenario) {
  const folder = workingFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  cpSync('.ci', join(folder, '.ci'), { recursive: true });
  const reports = { test: tests, 'run test:faults': faults };
  for (const [call, runs] of Object.entries(reports)) {
    for (const [index, each] of runs.entries()) {
      writeFileSync(join(folder, `${call}.${index}`), JSON.stringify(reportOf(each, folder)));
    }
  }
  for (const tool of TOOLS) script(join(bin, tool), 'exit 0');
  script(
    join(bin, 'npm'),
    `echo "$*" >>"${folder}/calls"
     for call in "test" "run test:faults"; do
       case "$* " in "$call "*)
         file=$(printf '%s\\n' "$@" | sed -n 's/^--outputFile=//p')
         count=$(grep -c "^$call " "${folder}/calls")
         cp "${folder}/$call.$((count - 1))" "$file" 2>/dev/null || exit 1
         grep -q '"success":true' "$file" || exit 1
       esac
     done
     ${failing.map((call) => `case "$* " in "${call} "*) exit 1;; esac`).join('\n')}
     exit 0`,
  );
  const { status, stdout, stderr } = spawnSync(join(folder, '.ci/run'), {
    env: { PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  return {
    status,
    output: stdout + stderr,
    last: stdout.trimEnd().split('\n').at(-1),
    calls: readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n'),
  };
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/bash\n${text}\n`);
  chmodSync(path, 0o755);
}

function reportOf(run: Run, folder: string) {
  const testResults = Object.entries(run).map(([name, tests]) => {
    const outcomes = tests === 'broken' ? [] : Object.entries(tests);
    const isGood = tests !== 'broken' && outcomes.every(([, outcome]) => outcome !== 'failed');
    return {
      name: join(folder, name),
      status: isGood ? 'passed' : 'failed',
      assertionResults: outcomes.map(([fullName, status]) => ({ fullName, status })),
    };
  });
  return { success: testResults.every(({ status }) => status === 'passed'), testResults };
}

const PARTS = [
  'run lint',
  'run typecheck',
  'run build',
  'run test:browser',
  'run smoke:negative',
  'run smoke:production',
];

describe('.ci/run', () => {
  it('passes when all of it does, and calls each part', () => {
    const { status, last, calls } = run({});
    expect({ status, last }).toEqual({ status: 0, last: '10 passed, 0 failed' });
    for (const part of ['ci', ...PARTS]) expect(calls).toContain(part);
    expect(calls.filter((call) => call.startsWith('test -- '))).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith('run test:faults -- '))).toHaveLength(1);
  });

  it.each(PARTS)('fails with npm %s, and goes on', (part) => {
    const { status, last, output } = run({ failing: [part] });
    expect({ status, last }).toEqual({ status: 1, last: '9 passed, 1 failed' });
    expect(output).toContain(`failed: npm ${part}`);
  });

  it('fails at once when nothing can be installed', () => {
    const { status, calls } = run({ failing: ['ci'] });
    expect({ status, calls }).toEqual({ status: 1, calls: ['ci'] });
  });

  it.each(['test', 'run test:faults'])('fails when npm %s fails and no test did', (call) => {
    const { status, last } = run({ failing: [call] });
    expect({ status, last }).toEqual({ status: 1, last: '10 passed, 1 failed' });
  });

  it.each(['tests', 'faults'])('fails without a report of the %s', (suite) => {
    const { status, last } = run({ [suite]: [] });
    expect({ status, last }).toEqual({ status: 1, last: '8 passed, 1 failed' });
  });

  it.each(['tests', 'faults'])('fails when the %s are none', (suite) => {
    const { status, last } = run({ [suite]: [{}] });
    expect({ status, last }).toEqual({ status: 1, last: '8 passed, 1 failed' });
  });

  const RED: Run = { 'test/a.test.ts': { one: 'failed', two: 'passed' } };

  it.each(['tests', 'faults'])('runs what failed of the %s once more, alone', (suite) => {
    const { status, last, calls } = run({ [suite]: [RED, RED] });
    expect({ status, last }).toEqual({ status: 1, last: '9 passed, 1 failed' });
    const again = calls.filter((call) => call.includes('--runInBand test/a.test.ts -t ^one$ '));
    expect(again).toHaveLength(1);
  });

  it.each(['tests', 'faults'])('tells what passes then of the %s as flaky', (suite) => {
    const second: Run = { 'test/a.test.ts': { one: 'passed', two: 'pending' } };
    const { status, last, output } = run({ [suite]: [RED, second] });
    expect({ status, last }).toEqual({ status: 0, last: '10 passed, 0 failed' });
    expect(output).toContain('\nflaky: test/a.test.ts › one\n');
  });

  it('allows two that are flaky, in both suites together', () => {
    const second: Run = { 'test/a.test.ts': { one: 'passed', two: 'pending' } };
    const two: Run = { 'test/a.test.ts': { one: 'failed', two: 'failed', three: 'passed' } };
    const mended: Run = { 'test/a.test.ts': { one: 'passed', two: 'passed', three: 'pending' } };
    expect(run({ tests: [two, mended] }).status).toBe(0);
    const three = run({ tests: [two, mended], faults: [RED, second] });
    expect({ status: three.status, last: three.last }).toEqual({
      status: 1,
      last: '11 passed, 1 failed',
    });
  });

  it('does not run three again', () => {
    const three: Run = { 'test/a.test.ts': { 1: 'failed', 2: 'failed', 3: 'failed', 4: 'passed' } };
    const { status, calls } = run({ tests: [three] });
    expect(status).toBe(1);
    expect(calls.filter((call) => call.startsWith('test -- '))).toHaveLength(1);
  });

  it('counts a skipped test as failed', () => {
    const skipped: Run = { 'test/a.test.ts': { one: 'pending', two: 'passed' } };
    const { status, last } = run({ tests: [skipped, skipped] });
    expect({ status, last }).toEqual({ status: 1, last: '9 passed, 1 failed' });
  });

  it('takes a file that cannot be loaded for one failure', () => {
    const broken: Run = { ...GREEN, 'test/b.test.ts': 'broken' };
    const stays = run({ tests: [broken, { 'test/b.test.ts': 'broken' }] });
    expect({ status: stays.status, last: stays.last }).toEqual({
      status: 1,
      last: '10 passed, 1 failed',
    });
    const mended = run({ tests: [broken, { 'test/b.test.ts': { one: 'passed' } }] });
    expect(mended.status).toBe(0);
    expect(mended.output).toContain('\nflaky: test/b.test.ts\n');
  });

  it('tells what fails in the second run alone', () => {
    const first: Run = { 'test/a.test.ts': { one: 'failed', two: 'passed', three: 'passed' } };
    const second: Run = { 'test/a.test.ts': { one: 'passed', two: 'failed' } };
    const { status, output } = run({ tests: [first, second] });
    expect(status).toBe(1);
    expect(output).toContain('\nfailed: test/a.test.ts › two\n');
  });
});
