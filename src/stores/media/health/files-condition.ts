import { withDeadline } from '@holdfast/core/deadline';
import { type MediaFiles, type Room } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';
import { type SettingRepository } from '../settings/setting.repository.js';
import { claimPlace } from './shared-place.js';

/** A bucket is paid by the request; more is stored, and seen to fail, by those who send photos. */
const REMEMBERED_MS = 5000;

/** The place of the files, as it was a moment ago: whether it takes files, and how much room it has. */
export class FilesCondition {
  #probed: { readonly at: number; readonly room: Room } | undefined;
  #strange: ReasonError | undefined;

  /**
   * @param settings of all replicas; undefined where each process has its own
   * @param answerMs milliseconds for all of it
   */
  constructor(
    private readonly files: MediaFiles,
    private readonly settings: SettingRepository | undefined,
    private readonly answerMs: number,
  ) {}

  /** As the last probe found it; undefined before one, and while the place does not answer. */
  get room(): Room | undefined {
    return this.#probed?.room;
  }

  /**
   * Before a photo is stored: at a place that is not the database's nobody would find it again.
   * @throws MEDIA_FILES_UNAVAILABLE as the last probe has found it
   */
  assertOwn(): void {
    if (!this.#strange) return;
    const { message: detail } = this.#strange;
    throw new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail, cause: this.#strange });
  }

  /** @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, MEDIA_FILES_NOT_SHARED */
  async probe(): Promise<Room> {
    if (this.#probed && performance.now() - this.#probed.at < REMEMBERED_MS)
      return this.#probed.room;
    const bound = new AbortController();
    const late = () => {
      const error = new ReasonError('MEDIA_FILES_UNAVAILABLE', {
        detail: 'the place of the files does not answer in time',
      });
      bound.abort(error);
      return error;
    };
    try {
      const room = await withDeadline(this.answerMs, this.#ask(bound.signal), { late });
      this.#probed = { at: performance.now(), room };
      return room;
    } catch (error) {
      this.#probed = undefined;
      throw error;
    }
  }

  async #ask(signal: AbortSignal): Promise<Room> {
    if (this.settings) {
      try {
        await claimPlace({ files: this.files, settings: this.settings }, signal);
        this.#strange = undefined;
      } catch (error) {
        if (isNotShared(error)) this.#strange = error;
        // That the database does not answer, its own check says.
        if (isOfFiles(error)) throw error;
      }
    }
    return this.files.probe(signal);
  }
}

function isOfFiles(error: unknown): boolean {
  return error instanceof ReasonError && error.code.startsWith('MEDIA_FILES');
}

function isNotShared(error: unknown): error is ReasonError {
  return error instanceof ReasonError && error.code === 'MEDIA_FILES_NOT_SHARED';
}
