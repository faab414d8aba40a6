import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { bodyOf, expectProblem, HttpClient } from '../support/http-client.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';

const SLOTS = '/api/slots';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown;

interface Slot {
  readonly id: string;
  readonly version: number;
  readonly display_name: string;
  readonly settings_json: object;
}

describe.each(BACKENDS)('slots over HTTP on %s', (backend) => {
  let media: MediaService;
  let client: HttpClient;

  beforeAll(async () => {
    media = await startMedia(backend);
    client = new HttpClient(media.service.url);
  });
  afterAll(() => media.end());

  const get = async (id: string) => bodyOf(await client.get(`${SLOTS}/${id}`), 200) as Slot;
  const put = (id: string, body: object) =>
    client.send('PUT', `${SLOTS}/${id}`, JSON.stringify(body));

  it('are fifteen at first, none of which takes photos in', async () => {
    const { items } = bodyOf(await client.get(SLOTS), 200) as { items: readonly Slot[] };
    expect(items).toHaveLength(15);
    expect(items.map(({ id }) => id)).toEqual(
      Array.from({ length: 15 }, (_, index) => `slot-${String(index + 1).padStart(3, '0')}`),
    );
    expect(items[0]).toEqual({
      id: 'slot-001',
      display_name: 'Slot 01',
      provider: null,
      operation: 'image_edit',
      settings_json: {},
      size_limit_mb: 50,
      is_active: false,
      version: 1,
      updated_by: null,
      created_at: TIME,
      updated_at: TIME,
    });
    expect(await get('slot-015')).toEqual({ ...items[14], templates: [] });
  });

  it('are changed by who has read the last version, as far as it is said', async () => {
    const changed = bodyOf(
      await put('slot-002', {
        version: 1,
        display_name: ' Portraits ',
        provider: 'echo',
        is_active: true,
        size_limit_mb: 20,
      }),
      200,
    );
    expect(changed).toMatchObject({
      id: 'slot-002',
      display_name: 'Portraits',
      provider: 'echo',
      operation: 'image_edit',
      size_limit_mb: 20,
      is_active: true,
      version: 2,
    });
    expect(await get('slot-002')).toEqual(changed);
    const late = await put('slot-002', { version: 1, display_name: 'Late' });
    expectProblem(late, 409, 'STATE_CONFLICT');
    expect(await get('slot-002')).toEqual(changed);
    bodyOf(await put('slot-002', { version: 2, operation: 'style_transfer' }), 200);
    expect(await get('slot-002')).toMatchObject({ display_name: 'Portraits', version: 3 });
  });

  it('are changed once by callers that have read the same', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, caller) =>
        put('slot-003', { version: 1, display_name: `caller ${caller}` }),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    expect(await get('slot-003')).toMatchObject({ version: 2 });
  });

  it('are not found where there are none', async () => {
    expectProblem(await client.get(`${SLOTS}/slot-016`), 404, 'SLOT_NOT_FOUND');
    expectProblem(await put('slot-016', { version: 1 }), 404, 'SLOT_NOT_FOUND');
    const reset = await client.send('POST', `${SLOTS}/slot-016/reset_stats`);
    expectProblem(reset, 404, 'SLOT_NOT_FOUND');
  });

  it.each<[string, object, string, string?]>([
    ['no version', { display_name: 'x' }, 'version'],
    ['a version that is none', { version: '1' }, 'version'],
    ['an empty name', { version: 1, display_name: ' ' }, 'display_name'],
    ['a long name', { version: 1, display_name: 'x'.repeat(129) }, 'display_name'],
    ['an unknown operation', { version: 1, operation: 'draw' }, 'operation'],
    ['no room', { version: 1, size_limit_mb: 0 }, 'size_limit_mb', 'from 1 to 2048'],
    ['too much room', { version: 1, size_limit_mb: 2049 }, 'size_limit_mb', 'from 1 to 2048'],
    [
      'a width that is none',
      { version: 1, provider: 'echo', settings_json: { width: 0 } },
      'settings_json.width',
      'from 1 to 4096',
    ],
    ['settings that are a list', { version: 1, settings_json: [] }, 'settings_json'],
    ['an unknown provider', { version: 1, provider: 'nobody' }, 'provider'],
    ['no provider to be turned on', { version: 1, is_active: true }, 'provider'],
    [
      'settings that the driver does not know',
      { version: 1, provider: 'echo', settings_json: { surprise: 1 } },
      'settings_json',
    ],
    [
      'settings that are too large',
      { version: 1, settings_json: { a: 'x'.repeat(65_536) } },
      'settings_json',
    ],
  ])('with %s are refused', async (_, body, path, told = '') => {
    const problem = expectProblem(await put('slot-004', body), 422, 'VALIDATION_FAILED');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expect(problem.errors?.[0]?.message).toContain(told);
    expect(await get('slot-004')).toMatchObject({ version: 1 });
  });
});
