import { randomUUID } from 'node:crypto';
import {
  hasIntent,
  IDENTITY_PATH,
  readIdentity,
  removeIntent,
  writeIdentity,
  writeIntent,
} from '../files/place-identity.js';
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
 * Sees to it that this place is the one that the database knows: the first instance names both. Whatever interrupts it,
 * the next instance goes on with it, at this place alone: the place is told first whose it will be, then the database
 * says so, then the place has its name, which nobody writes over.
 * @returns its name; undefined while the database takes none
 * @throws MEDIA_FILES_NOT_SHARED, MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, what the database fails with
 */
export async function claimPlace(shared: Shared, signal: AbortSignal): Promise<string | undefined> {
  const { files, settings } = shared;
  const found = await readIdentity(files);
  const known = await knownIdentity(settings);
  if (known !== undefined) {
    if (found === null) await nameIntended(files, known, signal);
    judge(found ?? (await readIdentity(files)), known);
    return known;
  }
  if (found !== null) throw otherDatabases(found);
  const own = proposals.get(settings) ?? randomUUID();
  proposals.set(settings, own);
  await writeIntent(files, own, signal);
  const now = new Date().toISOString();
  const first = { key: KEY, value: own, version: 1, updatedAt: now, updatedBy: null };
  await settings.makeFirst([first]);
  // Of several that begin at once, one has told the database.
  const named = await knownIdentity(settings);
  if (named !== own) await removeIntent(files, own);
  if (named === undefined) return undefined;
  await nameIntended(files, named, signal);
  judge(await readIdentity(files), named);
  return named;
}

/**
 * Whether it is still the place that `claimPlace` has seen.
 * @param name as that has returned it
 * @throws MEDIA_FILES_NOT_SHARED, MEDIA_FILES_UNAVAILABLE
 */
export async function assertStillNamed(files: MediaFiles, name: string): Promise<void> {
  judge(await readIdentity(files), name);
}

/** Of each process one: a database that takes no writes leaves one file in the place, however often it is tried. */
const proposals = new WeakMap<SettingRepository, string>();

/** Names the place, where it is the one of which the database has said what it is. */
async function nameIntended(files: MediaFiles, known: string, signal: AbortSignal): Promise<void> {
  if (!(await hasIntent(files, known))) return;
  await writeIdentity(files, known, signal);
  if ((await readIdentity(files)) === known) await removeIntent(files, known);
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
    detail: `the place of the files is another database's: ${IDENTITY_PATH} says ${found} in it, and this database has no place yet: it needs one of its own, which is empty; or, where that database is gone for good, this one without that file`,
  });
}
