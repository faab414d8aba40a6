import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const RULES = 'deploy/prometheus/holdfast.rules.yml';
const TESTS = [
  'deploy/prometheus/holdfast.rules.test.yml',
  'deploy/prometheus/objectives.rules.test.yml',
];

const rules = readFileSync(RULES, 'utf8');
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

function promtool(...args: readonly string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

it('has rules that promtool takes', () => {
  expect(promtool('check', 'rules', RULES)).toContain('SUCCESS');
});

it.each(TESTS)(
  'each alert fires and stays silent as %s has it',
  (file) => {
    expect(promtool('test', 'rules', file)).toContain('SUCCESS');
  },
  120_000,
);

it('has a test in which each alert fires, one in which it is silent, and a section that says what to do', () => {
  const tests = TESTS.map((file) => readFileSync(file, 'utf8')).join('');
  const sections = readFileSync('docs/ALERTS.md', 'utf8');
  expect(alerts.length).toBeGreaterThan(20);
  for (const alert of alerts) {
    expect(tests).toContain(`- name: ${alert} fires\n`);
    expect(tests).toContain(`- name: ${alert} stays silent\n`);
    expect(sections).toContain(`\n## ${alert}\n`);
    expect(rules).toContain(`runbook: docs/ALERTS.md#${alert.toLowerCase()}\n`);
  }
});

it('asks for no metric that the service does not have', () => {
  const known = new Set(
    [...readFileSync('docs/METRICS.md', 'utf8').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name),
  );
  const asked = [...rules.matchAll(/\b(?:http_server|db_client|holdfast)_\w+/g)].map(
    ([name]) => name,
  );
  const base = (name: string) => name.replace(/_(bucket|count|sum)$/, '');
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !known.has(name) && !known.has(base(name)))).toEqual([]);
});

it('fails for a rule that does not do what its test says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rules-'));
  writeFileSync(
    join(folder, 'holdfast.rules.yml'),
    rules.replace('up{job=~"holdfast.*"} == 0', 'up == 2'),
  );
  writeFileSync(join(folder, 'tests.yml'), readFileSync(TESTS[0] ?? '', 'utf8'));
  expect(() => promtool('test', 'rules', join(folder, 'tests.yml'))).toThrow('HoldfastDown');
}, 120_000);
