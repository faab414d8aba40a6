import type { StoreWrites } from './store-writes.js';

/** Slots in turn: no two requests are about the same. */
let turn = 0;
const nextSlot = () => `slot-${String((turn++ % 15) + 1).padStart(3, '0')}`;

export const writes: StoreWrites = {
  posts: {
    '/api/slots/{slot_id}/reset_stats': () => ({
      path: `/api/slots/${nextSlot()}/reset_stats`,
      other: {},
      status: 200,
    }),
  },
  others: async (send) => {
    const versionAt = async (path: string) => {
      const { text } = (await send({ method: 'GET', path })) as { readonly text: string };
      return (JSON.parse(text) as { readonly version: number }).version;
    };
    const path = `/api/slots/${nextSlot()}`;
    const [slot, settings] = [await versionAt(path), await versionAt('/api/settings')];
    const body = { version: settings, result_ttl_hours: (turn % 720) + 1 };
    return [
      { name: 'PUT a slot', method: 'PUT', path, body: { version: slot, size_limit_mb: 9 } },
      { name: 'PUT settings', method: 'PUT', path: '/api/settings', body },
    ];
  },
  insertedAtStart: ['slot'],
  // When the numbers of a slot are set back first.
  insertedOnce: ['settings'],
  // Photos and templates are forms: the tests of ingest and of templates write them. Leases are taken by what cleans.
  notByRequests: ['job_history', 'job_key', 'media_object', 'slot_template_media', 'media_leases'],
};
