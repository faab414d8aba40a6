import { storeFiles } from '../store-files.js';
import type { ListCase, StoreLists } from './list-case.js';
import type { Extent } from './samples.js';

/** Of every store. */
export const storeLists = await storeFiles<{ readonly lists: StoreLists }>(
  'lists',
  '`lists`: rows for each table that is listed, and every list that its ports offer',
);

export function listCases(extent: Extent): readonly ListCase[] {
  return storeLists.flatMap(({ lists }) => lists.cases(extent));
}
