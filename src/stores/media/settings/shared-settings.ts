import type { Provider } from '@nestjs/common';
import { SettingRepository } from './setting.repository.js';

/** Injection token of the settings that all replicas share; undefined where each process has its own. */
export const SHARED_SETTINGS = 'holdfast.media.shared-settings';

/** @param database that holds the settings; undefined for a store in memory */
export function sharedSettings(database: string | undefined): Provider {
  return {
    provide: SHARED_SETTINGS,
    inject: [SettingRepository],
    useFactory: (settings: SettingRepository) => (database === undefined ? undefined : settings),
  };
}
