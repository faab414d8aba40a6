import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backend } from '@holdfast/guard/store-declaration';
import { settledFilesBelow } from '../support/media/files-below.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';
import { type FormEntries, formOf, photoOf, sha256Of } from '../support/media/photo.js';

const BACKENDS: readonly Backend[] = ['SQLITE', 'POSTGRES'];
const MIB = 2 ** 20;

describe.each(BACKENDS)('templates over HTTP on %s', (backend) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-templates-'));
  let media: MediaService;
  let url: string;

  beforeAll(async () => {
    media = await startMedia(backend, { MEDIA_ROOT: root });
    ({ url } = media.service);
  });
  afterAll(async () => {
    await media.end();
    rmSync(root, { recursive: true, force: true });
  });

  const add = async (entries: FormEntries) => {
    const init = { method: 'POST', body: formOf(entries) };
    const answer = await fetch(`${url}/api/template-media`, init);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const entriesOf = (image: Uint8Array, slot = 'slot-001', kind = 'style'): FormEntries => [
    ['slot_id', slot],
    ['media_kind', kind],
    ['file', image],
  ];
  const templatesOf = async (slot: string) => {
    const answer = await fetch(`${url}/api/slots/${slot}`);
    return ((await answer.json()) as { readonly templates: readonly { readonly id: string }[] })
      .templates;
  };
  const files = () => settledFilesBelow(root);

  it('are added, listed and deleted, with their files', async () => {
    const image = photoOf(70_000);
    const { status, body } = await add(entriesOf(image));
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        slot_id: 'slot-001',
        media_kind: 'style',
        content_type: 'image/jpeg',
        bytes: 70_000,
        sha256: sha256Of(image),
      }),
    ]);
    expect(await templatesOf('slot-001')).toEqual([body]);
    expect(await files()).toHaveLength(1);
    const path = `${url}/api/template-media/${String(body.id)}`;
    expect((await fetch(path, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(path, { method: 'DELETE' })).status).toBe(404);
    expect(await templatesOf('slot-001')).toEqual([]);
    expect(await files()).toEqual([]);
  });

  it('are read in any order of the fields', async () => {
    const [slot, kind, file] = entriesOf(photoOf(900), 'slot-002', 'face');
    if (!slot || !kind || !file) throw new Error('three entries');
    expect((await add([file, kind, slot])).status).toBe(201);
    expect(await templatesOf('slot-002')).toHaveLength(1);
  });

  it.each<readonly [string, () => FormEntries, number, string]>([
    ['no image', () => entriesOf(Buffer.from('no image at all')), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['more than 20 MiB', () => entriesOf(photoOf(20 * MIB + 1)), 413, 'PAYLOAD_TOO_LARGE'],
    ['an unknown slot', () => entriesOf(photoOf(900), 'slot-999'), 404, 'SLOT_NOT_FOUND'],
    ['no slot', () => entriesOf(photoOf(900)).slice(1), 400, 'INVALID_REQUEST'],
    ['no file', () => entriesOf(photoOf(900)).slice(0, 2), 400, 'INVALID_REQUEST'],
    [
      'a kind of other characters',
      () => entriesOf(photoOf(900), 'slot-001', 'a/b'),
      400,
      'INVALID_REQUEST',
    ],
  ])('are refused with %s, and nothing is left', async (_, entries, status, code) => {
    const before = await files();
    const answer = await add(entries());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await files()).toEqual(before);
  });

  it('are at most sixteen of a slot', async () => {
    for (let count = 0; count < 16; count += 1)
      expect((await add(entriesOf(photoOf(300 + count), 'slot-003'))).status).toBe(201);
    const { status, body } = await add(entriesOf(photoOf(400), 'slot-003'));
    expect([status, body.code]).toEqual([409, 'TEMPLATE_LIMIT_REACHED']);
    expect(await templatesOf('slot-003')).toHaveLength(16);
  });
});
