import { randomUUID } from 'node:crypto';
import { IDENTITY_PATH, readIdentity, writeIdentity } from '../files/place-identity.js';
import type { MediaFiles } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';
import type { SettingRepository } from '../settings/setting.repository.js';

/** In the settings that all replicas share. */
const KEY = 'files_identity';

interface Shared {
  readonly files: MediaFiles;
  readonly settings: SettingRepository;
}

/**
 * Refuses the place of another database: what no row needs in it is that one's.
 * @param settings undefined for a store in memory, whose place no database has named
 * @throws MEDIA_FILES_NOT_SHARED, MEDIA_FILES_UNAVAILABLE, what the database fails with
 */
export async function assertOwnPlace(
  files: MediaFiles,
  settings: SettingRepository | undefined,
): Promise<void> {
  const found = await readIdentity(files);
  const known = settings && (await knownIdentity(settings));
  if (known !== undefined) judge(found, known);
  else if (found !== null) throw otherDatabases(found);
}

/**
 * Sees to it that this place is the one that the database knows: the first instance names both.
 * @throws MEDIA_FILES_NOT_SHARED, MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, what the database fails with
 */
export async function claimPlace(shared: Shared, signal: AbortSignal): Promise<void> {
  const found = await readIdentity(shared.files);
  const known = await knownIdentity(shared.settings);
  if (known !== undefined) {
    judge(found, known);
    return;
  }
  // The database is told before the place is: a name without it is of another one.
  if (found !== null) throw otherDatabases(found);
  const own = randomUUID();
  const now = new Date().toISOString();
  const first = { key: KEY, value: own, version: 1, updatedAt: now, updatedBy: null };
  await shared.settings.makeFirst([first]);
  // Of several that begin at once, one has named it; the others find its file the next time.
  const named = await knownIdentity(shared.settings);
  if (named === own) await writeIdentity(shared.files, own, signal);
  else if (named !== undefined) judge(found, named);
}

/**
 * As `claimPlace`, and changes nothing.
 * @returns whether any instance has named the place so far
 * @throws as it does
 */
export async function isKnownPlace({ files, settings }: Shared): Promise<boolean> {
  await assertOwnPlace(files, settings);
  return (await knownIdentity(settings)) !== undefined;
}

async function knownIdentity(settings: SettingRepository): Promise<string | undefined> {
  return (await settings.all()).find(({ key }) => key === KEY)?.value;
}

function judge(found: string | null, known: string): void {
  if (found === known) return;
  const detail =
    found === null
      ? `the place of the files is another one than that of the other instances: ${IDENTITY_PATH} is missing in it, which says ${known} there`
      : `the place of the files is another one than that of the other instances: ${IDENTITY_PATH} does not say ${known}`;
  throw new ReasonError('MEDIA_FILES_NOT_SHARED', { detail });
}

function otherDatabases(found: string): ReasonError {
  return new ReasonError('MEDIA_FILES_NOT_SHARED', {
    detail: `the place of the files is another database's: ${IDENTITY_PATH} says ${found} in it, and this database has no place yet`,
  });
}
