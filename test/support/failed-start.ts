import { expect } from '@jest/globals';
import { type Environment, execute, jsonLines, type Line } from './program.js';

/** What a start that fails says. */
interface Failure {
  readonly exit: number | null;
  readonly code: unknown;
  readonly retries: number;
  readonly lines: readonly Line[];
  readonly elapsedMs: number;
}

/** Starts a service that must not get as far as to listen. */
export async function failure(
  environment: Environment,
  options: Parameters<typeof execute>[3] = {},
): Promise<Failure> {
  const started = performance.now();
  const { code, stdout, stderr } = await execute('main.js', [], environment, options);
  const elapsedMs = performance.now() - started;
  expect(stderr).toBe('');
  for (const secret of secretsOf(environment)) expect(stdout).not.toContain(secret);
  const lines = jsonLines(stdout);
  const events = lines.map(({ event }) => event);
  expect(events).not.toContain('listening');
  expect(events.filter((event) => event === 'startup.failed')).toHaveLength(1);
  const [fatal] = lines.filter(({ event }) => event === 'startup.failed');
  expect(fatal).toMatchObject({ level: 'fatal' });
  return {
    exit: code,
    code: fatal?.code,
    retries: events.filter((event) => event === 'database.retry').length,
    lines,
    elapsedMs,
  };
}

export function secretsOf({ DATABASE_URL }: Environment): readonly string[] {
  if (DATABASE_URL === undefined) return [];
  const { password } = new URL(DATABASE_URL);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
