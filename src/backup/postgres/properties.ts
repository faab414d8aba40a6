import type pg from 'pg';
import { readDigests } from './digests.js';
import { ACCESS } from './properties/access.js';
import { BESIDE } from './properties/beside.js';
import { COMMENTS } from './properties/comments.js';
import { RELATIONS } from './properties/relations.js';
import { ROUTINES } from './properties/routines.js';
import { TYPES } from './properties/types.js';

const PROPERTIES = [...RELATIONS, ...ACCESS, ...TYPES, ...ROUTINES, ...BESIDE, ...COMMENTS];

/**
 * All that pg_dump writes beside what `readDefinitions` reads, owners and rights: by what it is, a digest of it. What
 * is as it is by default is not in it.
 * @param client whose names are qualified: see `qualifyNames`
 */
export function readProperties(client: pg.Client): Promise<Record<string, string>> {
  return readDigests(client, PROPERTIES);
}
