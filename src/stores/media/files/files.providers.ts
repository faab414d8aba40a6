import type { Provider } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { MediaFiles } from './media-files.js';
import { openMediaFiles } from './open-media-files.js';

/** What gives `MediaFiles`. */
export const filesProviders: Provider[] = [
  {
    provide: MediaFiles,
    inject: [SETTINGS],
    useFactory: (settings: Settings) => openMediaFiles(settings),
  },
];
