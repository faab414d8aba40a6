import { Inject, Injectable } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { DriverAnswer } from '../drivers/driver.js';
import { MediaFiles } from '../files/media-files.js';
import { RowFiles } from '../files/row-files.js';
import { NO_IMAGE } from '../images/most-pixels.js';
import { ReasonError } from '../media.reasons.js';
import { mediaVariables } from '../media.variables.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import type { MediaObject } from '../objects/media-object.js';
import { TemplateRepository } from '../templates/template.repository.js';
import { inDatabase } from './in-database.js';
import { MIB, PassingImage } from './passing-image.js';
import type { PhotoRun, ReceivedPhoto } from './photo-run.js';
import { PublishedImages } from './published-images.js';
import { StoredImage } from './stored-image.js';

/** Has drivers change photos. */
@Injectable()
export class PhotoChanges {
  readonly #values;
  readonly #rowFiles: RowFiles;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly files: MediaFiles,
    private readonly objects: MediaObjectRepository,
    private readonly templates: TemplateRepository,
    @Inject(LOG) log: Log,
  ) {
    this.#rowFiles = new RowFiles(files, log);
    this.#values = valuesOf(settings, mediaVariables);
  }

  /**
   * Has the photo changed, and stores what has come of it.
   * @returns the row of its file, which is not written
   * @throws what drivers and `MediaFiles` throw, the reason of the run's signal
   */
  async change(run: PhotoRun, photo: ReceivedPhoto): Promise<MediaObject> {
    const { plan, limit } = run;
    const { driver, operation, settings } = plan.treatment(run.fields);
    const published = new PublishedImages(
      run,
      this.files,
      this.objects,
      this.#values.PUBLIC_MEDIA_BASE_URL,
    );
    const stored = await inDatabase(() => this.templates.ofSlot(plan.slot.id));
    const answer = await driver.process({
      image: new StoredImage(this.#rowFiles, photo),
      operation,
      settings,
      templates: stored.map(({ template, object }) =>
        Object.assign(new StoredImage(this.#rowFiles, object), { mediaKind: template.mediaKind }),
      ),
      deadline: limit.deadline,
      signal: limit.signal,
      publish: (image) => published.publish(image),
    });
    if (limit.signal.aborted) await drop(answer);
    limit.signal.throwIfAborted();
    return this.#store(run, photo, answer);
  }

  async #store(run: PhotoRun, photo: ReceivedPhoto, answer: DriverAnswer): Promise<MediaObject> {
    const path = run.newFile('result');
    if (answer.isInput) {
      await drop(answer);
      await this.files.rename(photo.path, path);
      const { contentType, bytes, sha256 } = photo;
      return run.rowOf('result', path, { contentType, bytes, sha256 });
    }
    const passing = new PassingImage(
      this.#values.INGEST_HARD_LIMIT_MB * MIB,
      () => failed('the provider has given more than INGEST_HARD_LIMIT_MB'),
      () => failed(`the provider has given ${NO_IMAGE}`),
    );
    const { signal } = run.limit;
    await this.files.store(path, passing.pass(answer.bytes), { signal, durable: true });
    return run.rowOf('result', path, passing.facts());
  }
}

/** Lets go of an answer that nobody reads. */
async function drop({ bytes }: DriverAnswer): Promise<void> {
  await bytes[Symbol.asyncIterator]().return?.();
}

function failed(detail: string): ReasonError {
  return new ReasonError('PROVIDER_FAILED', { detail });
}
