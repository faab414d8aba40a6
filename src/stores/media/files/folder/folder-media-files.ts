import { type FileHandle, open, rename, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ReasonError } from '../../media.reasons.js';
import { SCOPES } from '../../objects/media-object.js';
import { assertFileOrPartPath, assertFilePath, partOf } from '../file-path.js';
import {
  type ByteRange,
  type FileContent,
  type FoundFile,
  type LocalWork,
  MediaFiles,
  type Room,
  type StoreOptions,
} from '../media-files.js';
import { roundTrip } from '../round-trip.js';
import { untilAborted } from '../until-aborted.js';
import { BoundedCalls, CALL_MS, isAbsent } from './bounded-calls.js';
import { FileReadable } from './file-readable.js';
import { gathered } from './gathered.js';
import { listFiles } from './list-files.js';
import {
  makeFolderBelow,
  makeRoot,
  removeEmptyDay,
  removeUnusedDay,
  syncFolder,
} from './folders.js';
import { type OpenedFile, openFile } from './open-file.js';
import { linkUnlessThere } from './link-unless-there.js';
import { writePieces } from './write-pieces.js';

/** Milliseconds until a large file is on the disk. */
const SYNC_MS = 60_000;

/** Written at a time. */
const WRITE_BYTES = 512 * 1024;

const OWNER_ALONE = 0o600;

/** Each time that the folder of the day vanishes between its making and its use, as another process empties it. */
const MOST_TRIES = 3;

interface FolderOptions {
  /** Milliseconds for a call of the file system. */
  readonly callMs?: number;
  /** Whether it holds nothing that outlives a request: it is made anew where something has removed it. */
  readonly isScratch?: boolean;
}

/** The files in a folder, which all processes of the service share. */
export class FolderMediaFiles extends MediaFiles {
  /** An empty folder is what is left of a mount that is gone. */
  override readonly canVanish: boolean;
  readonly #root: string;
  readonly #calls: BoundedCalls;
  #isRootMade = false;

  constructor(root: string, { callMs = CALL_MS, isScratch = false }: FolderOptions = {}) {
    super();
    this.#root = resolve(root);
    this.#calls = new BoundedCalls(callMs);
    this.canVanish = !isScratch;
  }

  async store(
    path: string,
    content: AsyncIterable<Uint8Array>,
    { signal, durable, unlessThere = false }: StoreOptions,
  ): Promise<void> {
    assertFilePath(path);
    const target = join(this.#root, path);
    const aside = join(this.#root, partOf(path));
    const handle = await this.#create(aside, signal);
    try {
      await this.#write(handle, content, { signal, durable });
      const late = () => this.#discard(target);
      const name = unlessThere ? linkUnlessThere : rename;
      await this.#calls.run(() => name(aside, target), unlessThere ? { signal } : { signal, late });
    } catch (error) {
      await this.#discard(aside);
      throw error;
    }
    if (!durable) return;
    try {
      await syncFolder(this.#calls, dirname(target));
    } catch (error) {
      // Under a name that others may have given, too, it may be theirs.
      if (!unlessThere) await this.#discard(target);
      throw error;
    }
  }

  async open(path: string, range?: ByteRange): Promise<FileContent | null> {
    assertFilePath(path);
    const opened = await this.#openToRead(path);
    return opened && new FileReadable(opened.handle, this.#calls, opened.bytes, range);
  }

  async withLocal<T>(path: string, work: LocalWork<T>): Promise<T> {
    assertFilePath(path);
    const localPath = join(this.#root, path);
    const { size } = await this.#calls.run(() => stat(localPath));
    return work(localPath, size);
  }

  async rename(from: string, to: string): Promise<void> {
    assertFilePath(from);
    assertFilePath(to);
    const opened = await this.#openToRead(from);
    if (!opened) throw missing();
    const { handle } = opened;
    try {
      // What was only to live for its request has not been synced.
      await this.#calls.run(() => handle.sync(), { milliseconds: SYNC_MS });
    } finally {
      await this.#close(handle);
    }
    const target = join(this.#root, to);
    await this.#inFolderOf(target, () =>
      this.#calls.run(() => rename(join(this.#root, from), target)),
    );
    await syncFolder(this.#calls, dirname(target));
  }

  async remove(path: string): Promise<void> {
    assertFileOrPartPath(path);
    const target = join(this.#root, path);
    try {
      await this.#calls.run(() => unlink(target));
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    await removeEmptyDay(this.#calls, dirname(target));
  }

  list(): AsyncIterable<FoundFile> {
    return listFiles(this.#calls, this.#root);
  }

  async probe(signal: AbortSignal): Promise<Room> {
    const scopes = this.canVanish ? SCOPES : (['temp'] as const);
    await Promise.all(scopes.map((scope) => roundTrip(this, scope, signal)));
    for (const scope of scopes) await removeUnusedDay(this.#calls, join(this.#root, scope));
    const { bavail, blocks, bsize } = await this.#calls.run(() => statfs(this.#root), { signal });
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  #create(aside: string, signal: AbortSignal): Promise<FileHandle> {
    const late = async (handle: FileHandle) => {
      await handle.close();
      await this.#discard(aside);
    };
    const create = () => this.#calls.run(() => open(aside, 'wx', OWNER_ALONE), { signal, late });
    return this.#inFolderOf(aside, create, signal);
  }

  /** Closes the file in any case: what a system has put off, it tells by then. */
  async #write(
    handle: FileHandle,
    content: AsyncIterable<Uint8Array>,
    { signal, durable }: StoreOptions,
  ): Promise<void> {
    try {
      for await (const pieces of gathered(untilAborted(content, signal), WRITE_BYTES))
        await this.#calls.run(() => writePieces(handle, pieces), { signal });
      if (durable) await this.#calls.run(() => handle.sync(), { signal, milliseconds: SYNC_MS });
    } catch (error) {
      await this.#close(handle).catch(() => undefined);
      throw error;
    }
    await this.#close(handle);
  }

  async #inFolderOf<T>(target: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#makeRootOnce(signal);
    for (let tries = 1; ; tries++) {
      await makeFolderBelow(this.#calls, this.#root, dirname(target), signal);
      try {
        return await work();
      } catch (error) {
        if (!isAbsent(error) || tries === MOST_TRIES) throw error;
      }
    }
  }

  /** One that goes away later is a mount that is gone: what was stored in a new one would be lost with it. */
  async #makeRootOnce(signal?: AbortSignal): Promise<void> {
    if (this.#isRootMade && this.canVanish) return;
    await makeRoot(this.#calls, this.#root, signal);
    this.#isRootMade = true;
  }

  /** Null when it is not there. @throws MEDIA_FILES_UNAVAILABLE, also for what is no file */
  async #openToRead(path: string): Promise<OpenedFile | null> {
    const late = ({ handle }: OpenedFile) => handle.close();
    try {
      return await this.#calls.run(() => openFile(join(this.#root, path)), { late });
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  #close(handle: FileHandle): Promise<void> {
    return this.#calls.run(() => handle.close(), { isRelease: true });
  }

  /** What cannot be removed now is found by `list` later. */
  async #discard(target: string): Promise<void> {
    await this.#calls.run(() => unlink(target)).catch(() => undefined);
  }
}

function missing(): ReasonError {
  return new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'a file is missing' });
}
