import type { ApiTag } from '@holdfast/nest/http/operation';

/** What the routes of the store are grouped by in the API's description. */
export const mediaTags = {
  slots: {
    name: 'slots',
    description: 'Slots: what is done to the photos that are sent to each of them, and by whom.',
  },
  photos: { name: 'photos', description: 'Photos in, results out.' },
  results: { name: 'results', description: 'Results, for everybody.' },
  jobs: { name: 'jobs', description: 'Jobs: what became of one photo each.' },
  settings: {
    name: 'media settings',
    description: 'What holds for all photos, and for all instances within a second.',
  },
  stats: { name: 'media stats', description: 'Jobs of the last minutes or days, in figures.' },
  pages: {
    name: 'media pages',
    description: 'Pages for browsers: of operators, and of everybody.',
  },
} satisfies Readonly<Record<string, ApiTag>>;
