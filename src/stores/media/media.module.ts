import { type DynamicModule, Module } from '@nestjs/common';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { bindRepository } from '@holdfast/nest/database/database.module';
import { filesProviders } from './files/files.providers.js';
import { JobRepository } from './jobs/job.repository.js';
import { MemoryJobRepository } from './jobs/job.repository.memory.js';
import { SqlJobRepository } from './jobs/job.repository.sql.js';
import { MediaMemory } from './media.memory.js';
import { MediaObjectRepository } from './objects/media-object.repository.js';
import { MemoryMediaObjectRepository } from './objects/media-object.repository.memory.js';
import { SqlMediaObjectRepository } from './objects/media-object.repository.sql.js';
import { SettingRepository } from './settings/setting.repository.js';
import { MemorySettingRepository } from './settings/setting.repository.memory.js';
import { SqlSettingRepository } from './settings/setting.repository.sql.js';
import { SlotRepository } from './slots/slot.repository.js';
import { MemorySlotRepository } from './slots/slot.repository.memory.js';
import { SqlSlotRepository } from './slots/slot.repository.sql.js';
import { TemplateRepository } from './templates/template.repository.js';
import { MemoryTemplateRepository } from './templates/template.repository.memory.js';
import { SqlTemplateRepository } from './templates/template.repository.sql.js';

@Module({})
export class MediaModule {
  static register({ database }: StoreBinding): DynamicModule {
    return {
      module: MediaModule,
      providers: [
        MediaMemory,
        ...filesProviders,
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
      ],
    };
  }
}
