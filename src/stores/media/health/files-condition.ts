import { withDeadline } from '@holdfast/core/deadline';
import type { Log } from '@holdfast/core/log';
import { type MediaFiles, type Room } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';
import { type SettingRepository } from '../settings/setting.repository.js';
import { assertStillNamed, claimPlace } from './shared-place.js';
import '../media.log-fields.js';

/** Milliseconds for the first look at whose place it is while a file is stored: more than a probe may take. */
const FIRST_LOOK_MS = 10_000;

/** A bucket is paid by the request; more is stored, and seen to fail, by those who send photos. */
const REMEMBERED_MS = 5000;

interface Options {
  /** Of all replicas; undefined where each process has its own. */
  readonly settings: SettingRepository | undefined;
  /** Milliseconds for all of a probe. */
  readonly answerMs: number;
  readonly log: Log;
}

/** The place of the files, as it was a moment ago: whether it takes files, and how much room it has. */
export class FilesCondition {
  #probed: { readonly at: number; readonly room: Room } | undefined;
  #strange: ReasonError | undefined;
  /** What the place is called, once that was seen. */
  #name: string | undefined;

  constructor(
    private readonly files: MediaFiles,
    private readonly options: Options,
  ) {}

  /** As the last probe found it; undefined before one, and while the place does not answer. */
  get room(): Room | undefined {
    return this.#probed?.room;
  }

  /**
   * Before a file is stored: at a place that is not the database's nobody would find it again.
   * @throws MEDIA_FILES_UNAVAILABLE where it was not, and is not now
   */
  async assertOwn(): Promise<void> {
    if (this.#strange) await this.probe().catch(() => undefined);
    if (this.#strange) throw notTaken(this.#strange);
  }

  /**
   * Once a file is stored, and before anybody is told so: whether it is in the place of the database, or in what was
   * under it. A bucket is asked once: it does not go away without an error.
   * @throws MEDIA_FILES_UNAVAILABLE, what the database fails with
   */
  async assertStillOwn(): Promise<void> {
    const { settings } = this.options;
    if (!settings) return;
    try {
      if (this.#name === undefined)
        await inTime(FIRST_LOOK_MS, (signal) => this.#claim(settings, signal));
      else if (this.files.canVanish) await assertStillNamed(this.files, this.#name);
    } catch (error) {
      this.doubt(error);
      throw isNotShared(error) ? notTaken(error) : error;
    }
  }

  /** What a use of the place has failed with: the next probe looks anew. */
  doubt(error: unknown): void {
    if (!isOfFiles(error)) return;
    this.#probed = undefined;
    if (isNotShared(error)) this.#tellStrange(error);
  }

  /**
   * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, MEDIA_FILES_NOT_SHARED, which names nothing: the log does
   */
  async probe(): Promise<Room> {
    if (this.#probed && !this.#strange && performance.now() - this.#probed.at < REMEMBERED_MS)
      return this.#probed.room;
    try {
      const room = await inTime(this.options.answerMs, (signal) => this.#ask(signal));
      this.#probed = { at: performance.now(), room };
      return room;
    } catch (error) {
      this.doubt(error);
      this.#probed = undefined;
      throw isNotShared(error) ? new ReasonError(error.code, { cause: error }) : error;
    }
  }

  async #ask(signal: AbortSignal): Promise<Room> {
    if (this.options.settings) {
      try {
        await this.#claim(this.options.settings, signal);
      } catch (error) {
        // That the database does not answer, its own check says.
        if (isOfFiles(error)) throw error;
      }
    }
    return this.files.probe(signal);
  }

  async #claim(settings: SettingRepository, signal: AbortSignal): Promise<void> {
    this.#name = await claimPlace({ files: this.files, settings }, signal);
    this.#strange = undefined;
  }

  #tellStrange(error: ReasonError): void {
    const { code, message: detail } = error;
    if (this.#strange?.message !== detail)
      this.options.log.error({ event: 'media.place_strange', code, detail }, error.reason.meaning);
    this.#strange = error;
  }
}

/** @throws MEDIA_FILES_UNAVAILABLE when it does not answer in time, what the question fails with */
function inTime<T>(milliseconds: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const bound = new AbortController();
  const late = () => {
    const error = new ReasonError('MEDIA_FILES_UNAVAILABLE', {
      detail: 'the place of the files does not answer in time',
    });
    bound.abort(error);
    return error;
  };
  return withDeadline(milliseconds, ask(bound.signal), { late });
}

function isOfFiles(error: unknown): boolean {
  return error instanceof ReasonError && error.code.startsWith('MEDIA_FILES');
}

function isNotShared(error: unknown): error is ReasonError {
  return error instanceof ReasonError && error.code === 'MEDIA_FILES_NOT_SHARED';
}

/** For whoever sends a file: what the place is, is none of theirs. */
function notTaken(cause: ReasonError): ReasonError {
  const detail = 'the place of the files is not as it should be';
  return new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail, cause });
}
