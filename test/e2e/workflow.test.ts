import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
        readonly services?: Readonly<Record<string, { readonly options: string }>>;
      }
    >
  >;
}

const FILE = '.github/workflows/ci.yml';
const { jobs } = parse(readFileSync(FILE, 'utf8')) as Workflow;
const local = readFileSync('.ci/run', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

const commandsOf = (name: string) =>
  (jobs[name]?.steps ?? []).map(({ run = '' }) => run).join('\n');
const scriptsIn = (text: string) =>
  [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script);

describe('the workflow of the CI', () => {
  it('takes actions by the commit, which nobody can move', () => {
    const used = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses])),
    );
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
  });

  it('runs the scripts that .ci/run does, and none that there is not', () => {
    const called = Object.keys(jobs).flatMap((name) => scriptsIn(commandsOf(name)));
    for (const script of called) expect(scripts).toHaveProperty([script]);
    const run = called.flatMap((script) => [script, ...scriptsIn(scripts[script] ?? '')]);
    const parts = [...local.matchAll(/^(?:beside )?part ([\w:]+)$/gm)].map(
      ([, script = '']) => script,
    );
    const here = [...parts, ...scriptsIn(local)];
    expect(here).toEqual(
      expect.arrayContaining([
        'lint',
        'smoke:negative',
        'test:long',
        'test:published',
        'test:peers',
      ]),
    );
    expect(run).toEqual(expect.arrayContaining(here));
  });

  it.each(['test', 'faults'])('installs for %s what .ci/run does', (name) => {
    const missing = 'node scripts/test-programs.mjs --debian';
    expect(local).toContain(missing);
    expect(commandsOf(name)).toContain(`install -y -qq --no-install-recommends $(${missing})`);
  });

  it('asks the services of the smoke whether they are well', () => {
    const { services = {} } = jobs['smoke-production'] ?? {};
    expect(Object.keys(services)).toEqual(['postgres', 'redis']);
    for (const { options } of Object.values(services)) expect(options).toContain('--health-cmd');
  });
});
