import { describe, expect, it } from '@jest/globals';
import { catalogue } from '@holdfast/core/reasons';
import '../../src/reasons.js';
import { documentOf } from '../support/migrate.js';
import { execute } from '../support/program.js';

/** In an environment that the guard refuses: whoever asks may be in the middle of that. */
const explain = (...args: string[]) => execute('cli.js', ['explain', ...args], { APP_ENV: 'prod' });

describe('holdfast explain', () => {
  it.each([
    ['POOL_TIMEOUT', 'POOL_TIMEOUT', 503, 69],
    ['migration_failed:dpm:0002', 'MIGRATION_FAILED', null, 1],
    ['PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES_DSN', undefined, null, 78],
  ])('says of %s what it means and what to do', async (given, code = given, status, exit) => {
    const ended = await explain(given, '--json');
    expect(ended.code).toBe(0);
    expect(documentOf(ended)).toEqual({
      code,
      meaning: expect.stringMatching(/\.$/),
      fix: expect.stringMatching(/\.$/),
      status,
      exit_code: exit,
      runbook: `docs/RUNBOOK.md#${code.toLowerCase()}`,
    });
    const people = await explain(given);
    expect(people.stdout).toContain(`${code}\n`);
    expect(people.stdout).toContain(`exit code ${exit}`);
  });

  it.each([
    ['POSTGRES_UNREACHBLE', 'POSTGRES_UNREACHABLE'],
    ['POOL', 'POOL_TIMEOUT, POOL_LEAK'],
    ['PERSISTENCE_PROFILE_REQUIRES_DPN_POSTGRES', 'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES'],
    ['', 'USAGE'],
  ])('does not know %j, but what is near to it', async (given, near) => {
    const ended = await explain(given, '--json');
    expect(ended.code).toBe(64);
    const { error } = documentOf(ended) as { error: { code: string; message: string } };
    expect(error.code).toBe('USAGE');
    expect(error.message).toContain(near);
  });

  it('lists all', async () => {
    const ended = await explain('--list', '--json');
    expect(ended.code).toBe(0);
    const { reasons } = documentOf(ended) as { reasons: { code: string }[] };
    const codes = reasons.map(({ code }) => code);
    expect(codes.toSorted()).toEqual([...catalogue.keys()].toSorted());
    expect(codes).toContain('PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES');
    expect((await explain('--list')).stdout).toMatch(/^POOL_TIMEOUT +No database connection/m);
  });

  it('wants a code', async () => {
    expect((await explain()).code).toBe(64);
  });
});
