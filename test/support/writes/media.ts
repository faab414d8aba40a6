import type { StoreWrites } from './store-writes.js';

export const writes: StoreWrites = {
  posts: {},
  // Its routes are being built.
  notByRequests: [
    'slot',
    'job_history',
    'job_key',
    'media_object',
    'slot_template_media',
    'settings',
  ],
};
