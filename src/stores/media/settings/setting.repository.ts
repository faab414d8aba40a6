import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { KeptAnswer } from '../../kept-answers.js';
import type { SettingEntity } from './setting.entity.js';

export type Setting = RecordOf<typeof SettingEntity>;

export interface SettingChange {
  readonly setting: Setting;
  /** Null for one that is not there. */
  readonly versionBefore: number | null;
}

export function byKey(one: Setting, other: Setting): number {
  return one.key < other.key ? -1 : 1;
}

/** The port of the settings that all replicas share. Every method is atomic. */
export abstract class SettingRepository {
  /** By key, ascending. Never stale: they hold for all replicas. */
  abstract all(): Promise<readonly Setting[]>;

  /** Stores these unless they are there. */
  abstract makeFirst(settings: readonly Setting[]): Promise<void>;

  /**
   * Stores all of these and the answer, or none.
   * @returns false when one of them has another version by now
   * @throws KeyTakenError
   */
  abstract replace(changes: readonly SettingChange[], answer?: KeptAnswer): Promise<boolean>;
}
