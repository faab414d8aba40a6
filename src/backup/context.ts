import type { Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import type { Recipients } from './encryption/recipients.js';
import type { Progress } from './progress.js';

/** What a backup or a restore works with. */
export interface BackupContext {
  readonly settings: Settings;
  readonly log: Log;
  /** Whether the files of the media store are taken along. */
  readonly withMedia: boolean;
  /** With pg_dump and pg_restore; undefined for where they usually are. */
  readonly tools: string | undefined;
  /** Whom the files of a backup are encrypted for; undefined where they are not. */
  readonly recipients: Recipients | undefined;
  readonly progress: Progress;
  /** Aborted when it is to stop. */
  readonly signal: AbortSignal;
}
