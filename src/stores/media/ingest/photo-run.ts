import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { MediaObject, Scope } from '../objects/media-object.js';
import { newFilePath } from '../files/file-path.js';
import type { Job, JobSource } from '../jobs/job.js';
import type { JsonFields } from '../json-fields.js';
import type { Driver } from '../drivers/driver.js';
import type { Slot } from '../slots/slot.js';
import type { ImageFacts } from './passing-image.js';
import type { TimeLimit } from './time-limit.js';

/** Fields of the form, each once, as far as they have come. */
export type FormFields = ReadonlyMap<string, string>;

/** What is done to the photo. */
export interface Treatment {
  readonly driver: Driver;
  readonly operation: string;
  /** As the driver's schema gives them. */
  readonly settings: JsonFields;
}

/** What differs between those who send a photo. */
export interface PhotoPlan {
  readonly slot: Slot;
  readonly source: JobSource;
  readonly mostBytes: number;
  /**
   * Judges who sends it by what has come.
   * @param isWhole whether all fields have come
   * @returns false when it takes more of them
   * @throws INGEST_PASSWORD_INVALID
   */
  readonly admit: (fields: FormFields, isWhole: boolean) => Promise<boolean>;
  /** Of the fields that have come before the file. */
  readonly provider: (fields: FormFields) => string | null;
  /** Once all fields have come. @throws VALIDATION_FAILED, PROVIDER_FAILED */
  readonly treatment: (fields: FormFields) => Treatment;
  /** Under which it may be sent again; null without one. */
  readonly key: string | null;
}

/** A photo that is in its temporary file. */
export type ReceivedPhoto = ImageFacts & { readonly path: string };

/** One photo on its way, and what has to go when it fails. */
export class PhotoRun {
  readonly jobId = randomUUID();
  readonly fields = new Map<string, string>();
  /** Names of files that may be there. */
  readonly files = new Set<string>();
  /** Rows of files that outlive the photo only when it fails. */
  readonly rows: string[] = [];
  /** Null until its sender has been admitted. */
  job: Job | null = null;
  photo: ReceivedPhoto | null = null;
  /** Set when its end is being written: from then on it is the database that says how it ends. */
  completing: Promise<PhotoResult | null> | null = null;
  /** Whether another request under its key has been answered in its place. */
  isRepetition = false;

  constructor(
    readonly request: IncomingMessage,
    readonly plan: PhotoPlan,
    readonly limit: TimeLimit,
    /** When the request came, in UTC milliseconds. */
    readonly startedAt: number,
    readonly syncDeadline: number,
    readonly expiresAt: number,
  ) {}

  /** A name for a file of its own, which goes when it fails. */
  newFile(scope: Scope): string {
    const path = newFilePath(scope);
    this.files.add(path);
    return path;
  }

  /** The row of one of its files. */
  rowOf(scope: Scope, path: string, facts: ImageFacts): MediaObject {
    const expiresAt = scope === 'result' ? this.expiresAt : this.syncDeadline;
    return {
      id: randomUUID(),
      jobId: this.jobId,
      slotId: this.plan.slot.id,
      scope,
      path,
      ...facts,
      expiresAt: new Date(expiresAt).toISOString(),
      cleanedAt: null,
    };
  }
}

/** The image that answers. */
export interface PhotoResult {
  readonly jobId: string;
  readonly object: MediaObject;
}
