import type { ImageInput } from '../drivers/driver.js';
import type { MediaFiles } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';
import type { MediaObjectRepository } from '../objects/media-object.repository.js';
import { inDatabase } from './in-database.js';
import type { ImageFacts } from './passing-image.js';
import type { PhotoRun } from './photo-run.js';

/** A driver asks for one address a try. */
const MOST_PUBLISHED = 20;

/** Path of what providers fetch, before the name. */
export const PROVIDER_FILES_PATH = '/public/provider';

/** Gives images of a run to its provider, under names that nobody can guess and that are used once. */
export class PublishedImages {
  #count = 0;

  /** @param baseUrl PUBLIC_MEDIA_BASE_URL */
  constructor(
    private readonly run: PhotoRun,
    private readonly files: MediaFiles,
    private readonly objects: MediaObjectRepository,
    private readonly baseUrl: string | undefined,
  ) {}

  /**
   * Copies the image to where any instance finds it; the copy goes with the run.
   * @throws PROVIDER_FAILED where nobody has said how providers reach the service, or for too many
   */
  async publish(image: ImageInput): Promise<URL> {
    const { run, files, objects } = this;
    if (this.baseUrl === undefined) {
      const detail = 'the provider fetches the photo by URL, and PUBLIC_MEDIA_BASE_URL is not set';
      throw new ReasonError('PROVIDER_FAILED', { detail });
    }
    this.#count += 1;
    if (this.#count > MOST_PUBLISHED)
      throw new ReasonError('PROVIDER_FAILED', {
        detail: 'the driver asks for too many addresses',
      });
    const { signal } = run.limit;
    signal.throwIfAborted();
    const path = run.newFile('provider');
    await files.store(path, image.read(), { signal, durable: false });
    signal.throwIfAborted();
    const facts = {
      contentType: image.contentType,
      bytes: image.bytes,
      sha256: run.photo?.sha256 ?? '',
    };
    const row = run.rowOf('provider', path, facts as ImageFacts);
    await inDatabase(() => objects.add(row));
    run.rows.push(row.id);
    return new URL(`${this.baseUrl.replace(/\/+$/, '')}${PROVIDER_FILES_PATH}/${row.id}`);
  }
}
