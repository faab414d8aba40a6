import type { Provider } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { LOG, type Log } from '@holdfast/core/log';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { MediaFiles } from '../files/media-files.js';
import type { SettingRepository } from '../settings/setting.repository.js';
import { SHARED_SETTINGS } from '../settings/shared-settings.js';
import { FilesCondition } from './files-condition.js';
import { FilesMetrics } from './files-metrics.js';
import { MediaFilesCheck } from './media-files.check.js';

/** Of what a probe may take: what is late is told by its own code, before the probe is. */
const SHARE = 0.8;

/** What tells how the place of the files is. */
export const filesHealthProviders: Provider[] = [
  {
    provide: FilesCondition,
    inject: [MediaFiles, SHARED_SETTINGS, SETTINGS, LOG],
    useFactory: (
      files: MediaFiles,
      settings: SettingRepository | undefined,
      { probeTimeoutMs }: Settings,
      log: Log,
    ) => new FilesCondition(files, { settings, answerMs: SHARE * probeTimeoutMs, log }),
  },
  MediaFilesCheck,
  FilesMetrics,
];
