import type { BackupContext } from '../context.js';
import { isBackupId, MANIFEST, type StoredBackup } from '../folder/backup-folder.js';
import { beyondNewest } from '../folder/retention.js';
import { type Manifest, parseManifest } from '../manifest.js';
import { ReasonError } from '../backup.reasons.js';
import { asking, type ObjectStorage } from './object-storage.js';

/** Lies beside the files of a backup from before its manifest is removed until they are. */
const REMOVING = 'removing';

/** Bytes of each object below the name of a backup. */
type Sizes = ReadonlyMap<string, number>;

interface UploadedBackup {
  readonly id: string;
  readonly manifest: Manifest;
}

/**
 * Removes all backups of a bucket but the newest ones, and but the last that was verified; and what a run that was
 * killed has left of those that it was removing.
 * @param made the one that was made just now, which is the newest whatever the clock has said of the others
 * @returns where those were that are removed
 * @throws BACKUP_STORAGE_FAILED
 */
export async function keepNewestUploaded(
  context: BackupContext,
  storage: ObjectStorage,
  keep: number,
  { manifest }: StoredBackup,
): Promise<readonly string[]> {
  const all = await sizesById(storage);
  const unfinished = [...all.keys()].filter((id) => all.get(id)?.has(REMOVING));
  const beyond = await beyondNewest(wholeOnes(storage, all), keep, manifest);
  const removed = [...beyond.map(({ id }) => id), ...unfinished];
  for (const id of removed) {
    context.signal.throwIfAborted();
    await remove(storage, id, [...(all.get(id)?.keys() ?? [])]);
  }
  return removed.map((id) => `s3://${storage.bucket}/${storage.prefix}${id}`);
}

async function sizesById({ client, prefix }: ObjectStorage): Promise<ReadonlyMap<string, Sizes>> {
  const all = new Map<string, Map<string, number>>();
  await asking(`the list of ${prefix}`, async () => {
    for await (const { key, size } of client.listObjects({ prefix })) {
      const [id = '', name, deeper] = key.slice(prefix.length).split('/');
      if (!isBackupId(id) || name === undefined || deeper !== undefined) continue;
      all.set(id, (all.get(id) ?? new Map<string, number>()).set(name, size));
    }
  });
  return all;
}

/** The newest first; what lacks a file, or is not ours, is not among them. */
async function* wholeOnes(
  storage: ObjectStorage,
  all: ReadonlyMap<string, Sizes>,
): AsyncGenerator<UploadedBackup> {
  for (const id of [...all.keys()].toSorted().toReversed()) {
    const sizes = all.get(id);
    if (!sizes?.has(MANIFEST) || sizes.has(REMOVING)) continue;
    const manifest = await manifestOf(storage, id);
    const isWhole = manifest?.files.every(({ name, bytes }) => sizes.get(name) === bytes);
    if (manifest?.id === id && isWhole === true) yield { id, manifest };
  }
}

async function manifestOf(
  { client, prefix }: ObjectStorage,
  id: string,
): Promise<Manifest | undefined> {
  const key = `${prefix}${id}/${MANIFEST}`;
  const text = await asking(key, async () => (await client.getObject(key)).text());
  try {
    return parseManifest(text);
  } catch (error) {
    if (error instanceof ReasonError) return undefined;
    throw error;
  }
}

/** No backup any more before the first file of it goes; and known as one that goes until the last is gone. */
async function remove(
  { client, prefix }: ObjectStorage,
  id: string,
  names: readonly string[],
): Promise<void> {
  const keyOf = (name: string) => `${prefix}${id}/${name}`;
  const marker = keyOf(REMOVING);
  if (!names.includes(REMOVING)) await asking(marker, () => client.putObject(marker, id));
  const files = names.filter((name) => name !== MANIFEST && name !== REMOVING);
  for (const name of [MANIFEST, ...files, REMOVING])
    await asking(keyOf(name), () => client.deleteObject(keyOf(name)));
}
