import type { Provider } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { MediaFiles } from '../files/media-files.js';
import { SettingRepository } from '../settings/setting.repository.js';
import { FilesCondition } from './files-condition.js';
import { FilesMetrics } from './files-metrics.js';
import { MediaFilesCheck } from './media-files.check.js';

/** Of what a probe may take: what is late is told by its own code, before the probe is. */
const SHARE = 0.8;

/**
 * What tells how the place of the files is.
 * @param database that holds the settings of all replicas; undefined where each process has its own
 */
export function filesHealthProviders(database: string | undefined): Provider[] {
  return [
    {
      provide: FilesCondition,
      inject: [MediaFiles, SettingRepository, SETTINGS],
      useFactory: (files: MediaFiles, settings: SettingRepository, given: Settings) =>
        new FilesCondition(
          files,
          database === undefined ? undefined : settings,
          SHARE * given.probeTimeoutMs,
        ),
    },
    MediaFilesCheck,
    FilesMetrics,
  ];
}
