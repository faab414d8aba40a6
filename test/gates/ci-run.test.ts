import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { workingFolder } from '../support/service.js';

/** One test of a report. */
type Outcome = 'passed' | 'failed' | 'pending';
/** Outcomes of tests by their name, by their file; `broken` is a file that failed beside its tests. */
type Run = Readonly<Record<string, Readonly<Record<string, Outcome>> | 'broken'>>;

interface Scenario {
  /** Calls of npm that end with 1, by their first words. */
  readonly failing?: readonly string[];
  readonly tests?: readonly Run[];
  readonly long?: readonly Run[];
  readonly contracts?: readonly Run[];
  readonly peers?: readonly Run[];
  readonly published?: readonly Run[];
  readonly gates?: readonly Run[];
  readonly faults?: readonly Run[];
}

type Suite = Exclude<keyof Scenario, 'failing'>;

/** How npm is called for each suite. */
const CALLS: Readonly<Record<Suite, string>> = {
  tests: 'test',
  long: 'run test:long',
  contracts: 'run test:long',
  peers: 'run test:peers',
  published: 'run test:published',
  gates: 'run test:gates',
  faults: 'run test:faults',
};

/** What CI is called with, and the suites that it runs then. */
const KINDS: readonly (readonly [string, readonly string[], readonly Suite[]])[] = [
  ['.ci/run', [], ['tests', 'contracts', 'peers', 'published']],
  ['.ci/run --all', ['--all'], ['tests', 'long', 'peers', 'published', 'gates', 'faults']],
];

const GREEN: Run = { 'test/a.test.ts': { one: 'passed', two: 'passed' } };

/** Runs `.ci/run` with an npm that only says what the scenario tells it to. */
function runWith(args: readonly string[], suites: readonly Suite[], scenario: Scenario) {
  const { failing = [], ...runs } = scenario;
  const folder = workingFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  cpSync('.ci', join(folder, '.ci'), { recursive: true });
  // Nothing is missing.
  mkdirSync(join(folder, 'scripts'));
  writeFileSync(join(folder, 'scripts/test-programs.mjs'), '');
  for (const name of suites) {
    for (const [index, each] of (runs[name] ?? [GREEN]).entries()) {
      const report = JSON.stringify(reportOf(each, folder));
      writeFileSync(join(folder, `${CALLS[name]}.${index}`), report);
    }
  }
  script(
    join(bin, 'npm'),
    `echo "$*" >>"${folder}/calls"
     for call in ${suites.map((name) => `"${CALLS[name]}"`).join(' ')}; do
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
  const { status, stdout, stderr } = spawnSync(join(folder, '.ci/run'), args, {
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

it('is a script that bash reads', () => {
  expect(spawnSync('bash', ['-n', '.ci/run'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

describe.each(KINDS)('%s', (_, args, suites) => {
  const parts = args.length > 0 ? [...PARTS, 'run verify:image'] : PARTS;
  /** Each suite has two tests. */
  const all = parts.length + 2 * suites.length;
  const outcome = (passed: number, failed: number) => ({
    status: failed === 0 ? 0 : 1,
    last: `${passed} passed, ${failed} failed`,
  });
  const run = (scenario: Scenario) => runWith(args, suites, scenario);

  it('passes when all of it does, and calls each part', () => {
    const { status, last, calls } = run({});
    expect({ status, last }).toEqual(outcome(all, 0));
    for (const part of ['ci', ...parts]) expect(calls).toContain(part);
    // All that comes then uses what it makes, some of it at the same time.
    expect(calls.slice(0, 2)).toEqual(['ci', 'run build']);
    for (const suite of suites)
      expect(calls.filter((call) => call.startsWith(`${CALLS[suite]} -- `))).toHaveLength(1);
  });

  it.each(parts)('fails with npm %s, and goes on', (part) => {
    const { status, last, output } = run({ failing: [part] });
    expect({ status, last }).toEqual(outcome(all - 1, 1));
    expect(output).toContain(`failed: npm ${part}`);
  });

  it('fails at once when nothing can be installed', () => {
    const { status, calls } = run({ failing: ['ci'] });
    expect({ status, calls }).toEqual({ status: 1, calls: ['ci'] });
  });

  it.each(suites)('fails when npm fails for the %s and no test did', (suite) => {
    const { status, last } = run({ failing: [CALLS[suite]] });
    expect({ status, last }).toEqual(outcome(all, 1));
  });

  it.each(suites)('fails without a report of the %s', (suite) => {
    const { status, last } = run({ [suite]: [] });
    expect({ status, last }).toEqual(outcome(all - 2, 1));
  });

  it.each(suites)('fails when the %s are none', (suite) => {
    const { status, last } = run({ [suite]: [{}] });
    expect({ status, last }).toEqual(outcome(all - 2, 1));
  });

  const RED: Run = { 'test/a.test.ts': { one: 'failed', two: 'passed' } };

  it.each(suites)('runs what failed of the %s once more, alone', (suite) => {
    const { status, last, calls } = run({ [suite]: [RED, RED] });
    expect({ status, last }).toEqual(outcome(all - 1, 1));
    const again = calls.filter((call) => call.includes('--runInBand test/a.test.ts -t ^one$ '));
    expect(again).toHaveLength(1);
  });

  it.each(suites)('tells what passes then of the %s as flaky', (suite) => {
    const second: Run = { 'test/a.test.ts': { one: 'passed', two: 'pending' } };
    const { status, last, output } = run({ [suite]: [RED, second] });
    expect({ status, last }).toEqual(outcome(all, 0));
    expect(output).toContain('\nflaky: test/a.test.ts › one\n');
  });

  it('allows two that are flaky, in all suites together', () => {
    const second: Run = { 'test/a.test.ts': { one: 'passed', two: 'pending' } };
    const two: Run = { 'test/a.test.ts': { one: 'failed', two: 'failed', three: 'passed' } };
    const mended: Run = { 'test/a.test.ts': { one: 'passed', two: 'passed', three: 'pending' } };
    expect(run({ tests: [two, mended] }).status).toBe(0);
    const three = run({ tests: [two, mended], peers: [RED, second] });
    expect({ status: three.status, last: three.last }).toEqual(outcome(all + 1, 1));
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
    expect({ status, last }).toEqual(outcome(all - 1, 1));
  });

  it('takes a file that cannot be loaded for one failure', () => {
    const broken: Run = { ...GREEN, 'test/b.test.ts': 'broken' };
    const stays = run({ tests: [broken, { 'test/b.test.ts': 'broken' }] });
    expect({ status: stays.status, last: stays.last }).toEqual(outcome(all, 1));
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
