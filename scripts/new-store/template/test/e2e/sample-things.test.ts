import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

describe('the sample things over HTTP', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({
      SAMPLE_THINGS_STORE_BACKEND: 'SQLITE',
      SAMPLE_THINGS_MOST_CHARACTERS: '20',
    });
  });
  afterAll(() => service.stop());

  const call = async (path: string, method = 'GET', body?: object) => {
    const response = await fetch(`${service.url}/sample-things${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('are created once, found and listed', async () => {
    const created = await call('/one', 'PUT', { text: 'first' });
    expect(created).toMatchObject({
      status: 201,
      body: { sample_thing_id: 'one', text: 'first' },
    });
    expect(await call('/one', 'PUT', { text: 'first' })).toEqual({ ...created, status: 200 });
    expect(await call('/one')).toEqual({ ...created, status: 200 });
    const second = await call('/two', 'PUT', { text: 'second' });
    expect(await call('')).toEqual({
      status: 200,
      body: { items: [second.body, created.body], next_cursor: null },
    });
    const { body: page } = await call('?limit=1');
    expect(page.items).toEqual([second.body]);
    const { body: last } = await call(`?limit=1&cursor=${String(page.next_cursor)}`);
    expect(last).toEqual({ items: [created.body], next_cursor: null });
  });

  it.each([
    ['/none', 'GET', undefined, 404, 'SAMPLE_THING_NOT_FOUND'],
    ['/taken', 'PUT', { text: 'other' }, 409, 'SAMPLE_THING_EXISTS'],
    ['/long', 'PUT', { text: 'x'.repeat(21) }, 413, 'SAMPLE_THING_TOO_LONG'],
  ] as const)('%s %s %j answer %i %s', async (path, method, body, status, code) => {
    await call('/taken', 'PUT', { text: 'text' });
    expect(await call(path, method, body)).toMatchObject({ status, body: { code } });
  });

  it('have a tag of their own in the description', async () => {
    const description = (await (await fetch(`${service.url}/docs-json`)).json()) as {
      readonly paths: Readonly<Record<string, { readonly get: { readonly tags: unknown } }>>;
    };
    expect(description.paths['/sample-things']?.get.tags).toEqual(['sample-things']);
  });
});

describe('the sample things misconfigured', () => {
  const POSTGRES = 'postgresql://app:secret@127.0.0.1:1/holdfast';

  it.each([
    [
      'PERSISTENCE_PROFILE_REQUIRES_SAMPLE_THINGS_POSTGRES',
      { DATABASE_URL: POSTGRES, SAMPLE_THINGS_STORE_BACKEND: 'SQLITE' },
    ],
    ['PERSISTENCE_PROFILE_REQUIRES_SAMPLE_THINGS_POSTGRES_DSN', {}],
  ])('end the start with 78 and %s', async (code, environment) => {
    const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', ...environment };
    const { code: exit, stderr } = await execute('main.js', [], production);
    expect(exit).toBe(78);
    expect(stderr).toContain(`"code":"${code}"`);
  });

  it('refuse a variable of their own that is no number', async () => {
    const environment = { SAMPLE_THINGS_MOST_CHARACTERS: 'many' };
    const { code: exit, stderr } = await execute('main.js', [], environment);
    expect(exit).toBe(78);
    expect(stderr).toContain('SETTING_INVALID');
    expect(stderr).toContain('SAMPLE_THINGS_MOST_CHARACTERS');
  });

  it.each([
    'SAMPLE_THING_NOT_FOUND',
    'SAMPLE_THING_EXISTS',
    'SAMPLE_THING_TOO_LONG',
    'PERSISTENCE_PROFILE_REQUIRES_SAMPLE_THINGS_POSTGRES',
    'PERSISTENCE_PROFILE_REQUIRES_SAMPLE_THINGS_POSTGRES_DSN',
  ])('have %s explained', async (code) => {
    const { code: exit, stdout } = await execute('cli.js', ['explain', code], {});
    expect(exit).toBe(0);
    expect(stdout).toContain(code);
  });
});
