import { randomUUID } from 'node:crypto';
import { INGEST_PASSWORD } from '../media/open-slot.js';
import { type FormEntries, formOf, photoOf } from '../media/photo.js';
import type { RouteRequest } from './route-request.js';

const SLOT = 'slot-001';

/** The forms with a photo or an image, what deletes an image, and a cleanup. */
export async function mediaRequests(url: string): Promise<readonly RouteRequest[]> {
  const image: FormEntries = [
    ['slot_id', SLOT],
    ['media_kind', 'style'],
    ['file', photoOf(900)],
  ];
  const added = await fetch(`${url}/api/template-media`, { method: 'POST', body: formOf(image) });
  const { id } = (await added.json()) as { readonly id: string };
  const photo: FormEntries = [['file', photoOf(900)]];
  const sent: FormEntries = [['password', INGEST_PASSWORD], ...photo];
  const key = randomUUID();
  const post = (pattern: string, path: string, entries?: FormEntries, keyed = false) => ({
    route: `POST ${pattern}`,
    path,
    init: {
      method: 'POST',
      ...(entries && { body: formOf(entries) }),
      ...(keyed && { headers: { 'idempotency-key': key } }),
    },
  });
  const other: FormEntries = [
    ['slot_id', SLOT],
    ['media_kind', 'style'],
    ['file', photoOf(901)],
  ];
  return [
    post('/api/ingest/{slot_id}', `/api/ingest/${SLOT}`, sent),
    post('/api/ingest/{slot_id}', `/api/ingest/${SLOT}`, sent, true),
    post('/api/ingest/{slot_id}', `/api/ingest/${SLOT}`, sent, true),
    post('/api/slots/{slot_id}/test-run', `/api/slots/${SLOT}/test-run`, photo),
    post('/api/template-media', '/api/template-media', other),
    {
      route: 'DELETE /api/template-media/{template_id}',
      path: `/api/template-media/${id}`,
      init: { method: 'DELETE' },
    },
    post('/api/slots/{slot_id}/cleanup', `/api/slots/${SLOT}/cleanup`),
  ];
}
