import type { Settings } from '@holdfast/guard/settings';
import type { Progress } from './progress.js';

/** What a backup or a restore works with. */
export interface BackupContext {
  readonly settings: Settings;
  /** With pg_dump and pg_restore; undefined for where they usually are. */
  readonly tools: string | undefined;
  readonly progress: Progress;
  /** Aborted when it is to stop. */
  readonly signal: AbortSignal;
}
