import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { SettingEntity } from './setting.entity.js';

export type Setting = RecordOf<typeof SettingEntity>;

/** The port of the settings that all replicas share. Every method is atomic. */
export abstract class SettingRepository {
  abstract all(): Promise<readonly Setting[]>;

  /** Stores these unless they are there. */
  abstract makeFirst(settings: readonly Setting[]): Promise<void>;

  /** Stores all of these, or none. @returns false when one of them has another version by now */
  abstract replace(
    changes: readonly { readonly setting: Setting; readonly versionBefore: number | null }[],
  ): Promise<boolean>;
}
