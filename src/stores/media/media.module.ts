import { type DynamicModule, Module } from '@nestjs/common';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { bindRepository } from '@holdfast/nest/database/database.module';
import { filesProviders } from './files/files.providers.js';
import { RedisModule } from '@holdfast/nest/redis/redis.module';
import { keyedRequests } from '../keyed-requests.providers.js';
import { cleanupControllers, cleanupProviders } from './cleanup/cleanup.providers.js';
import { driversProviders } from './drivers/drivers.providers.js';
import { ProviderKeys } from './drivers/provider-keys.js';
import { FirstRecords } from './first-records.js';
import { sharedSettings } from './settings/shared-settings.js';
import { filesHealthProviders } from './health/media-health.providers.js';
import { ingestControllers, ingestProviders } from './ingest/ingest.providers.js';
import { JobRepository } from './jobs/job.repository.js';
import { MemoryJobRepository } from './jobs/job.repository.memory.js';
import { SqlJobRepository } from './jobs/job.repository.sql.js';
import { JobsController } from './jobs/jobs.controller.js';
import { MediaKeptAnswers } from './media.kept-answers.js';
import { MediaMemory } from './media.memory.js';
import { MediaObjectRepository } from './objects/media-object.repository.js';
import { MemoryMediaObjectRepository } from './objects/media-object.repository.memory.js';
import { SqlMediaObjectRepository } from './objects/media-object.repository.sql.js';
import { ResultsController } from './results/results.controller.js';
import { GalleryController } from './pages/gallery.controller.js';
import { PagesController } from './pages/pages.controller.js';
import { SettingRepository } from './settings/setting.repository.js';
import { MemorySettingRepository } from './settings/setting.repository.memory.js';
import { SqlSettingRepository } from './settings/setting.repository.sql.js';
import { CurrentMediaSettings } from './settings/media-settings.js';
import { SealedKeys } from './settings/sealed-keys.js';
import { SettingsCache } from './settings/settings-cache.js';
import { SettingsController } from './settings/settings.controller.js';
import { SettingsService } from './settings/settings.service.js';
import { StoredMediaSettings } from './settings/stored-media-settings.js';
import { StoredProviderKeys } from './settings/stored-provider-keys.js';
import { SlotRepository } from './slots/slot.repository.js';
import { MemorySlotRepository } from './slots/slot.repository.memory.js';
import { SqlSlotRepository } from './slots/slot.repository.sql.js';
import { SlotsController } from './slots/slots.controller.js';
import { SlotsService } from './slots/slots.service.js';
import { StatsController } from './stats/stats.controller.js';
import { StatsReset } from './stats/stats-reset.js';
import { StatsRepository } from './stats/stats.repository.js';
import { MemoryStatsRepository } from './stats/stats.repository.memory.js';
import { SqlStatsRepository } from './stats/stats.repository.sql.js';
import { StatsService } from './stats/stats.service.js';
import { TemplateRepository } from './templates/template.repository.js';
import { MemoryTemplateRepository } from './templates/template.repository.memory.js';
import { SqlTemplateRepository } from './templates/template.repository.sql.js';
import { TemplatesController } from './templates/templates.controller.js';
import { TemplateUpload } from './templates/template-upload.js';
import { TemplatesService } from './templates/templates.service.js';

@Module({})
export class MediaModule {
  static register({ database }: StoreBinding): DynamicModule {
    return {
      module: MediaModule,
      imports: [RedisModule],
      controllers: [
        SlotsController,
        TemplatesController,
        JobsController,
        SettingsController,
        StatsController,
        ...ingestControllers,
        ...cleanupControllers,
        ResultsController,
        PagesController,
        GalleryController,
      ],
      providers: [
        MediaMemory,
        ...filesProviders,
        ...keyedRequests(database, MediaKeptAnswers),
        ...driversProviders,
        bindRepository(StatsRepository, database, MemoryStatsRepository, SqlStatsRepository),
        bindRepository(SlotRepository, database, MemorySlotRepository, SqlSlotRepository),
        bindRepository(JobRepository, database, MemoryJobRepository, SqlJobRepository),
        bindRepository(
          MediaObjectRepository,
          database,
          MemoryMediaObjectRepository,
          SqlMediaObjectRepository,
        ),
        bindRepository(
          TemplateRepository,
          database,
          MemoryTemplateRepository,
          SqlTemplateRepository,
        ),
        bindRepository(SettingRepository, database, MemorySettingRepository, SqlSettingRepository),
        SettingsCache,
        SealedKeys,
        StoredProviderKeys,
        { provide: ProviderKeys, useExisting: StoredProviderKeys },
        { provide: CurrentMediaSettings, useClass: StoredMediaSettings },
        SettingsService,
        SlotsService,
        TemplatesService,
        TemplateUpload,
        StatsReset,
        StatsService,
        FirstRecords,
        sharedSettings(database),
        ...filesHealthProviders,
        ...ingestProviders,
        ...cleanupProviders(database),
      ],
    };
  }
}
