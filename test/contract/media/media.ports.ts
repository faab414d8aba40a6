import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import type { JobRepository } from '../../../src/stores/media/jobs/job.repository.js';
import { MemoryJobRepository } from '../../../src/stores/media/jobs/job.repository.memory.js';
import { SqlJobRepository } from '../../../src/stores/media/jobs/job.repository.sql.js';
import { MediaMemory } from '../../../src/stores/media/media.memory.js';
import type { MediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.js';
import { MemoryMediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.memory.js';
import { SqlMediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.sql.js';
import type { SettingRepository } from '../../../src/stores/media/settings/setting.repository.js';
import { MemorySettingRepository } from '../../../src/stores/media/settings/setting.repository.memory.js';
import { SqlSettingRepository } from '../../../src/stores/media/settings/setting.repository.sql.js';
import type { SlotRepository } from '../../../src/stores/media/slots/slot.repository.js';
import { MemorySlotRepository } from '../../../src/stores/media/slots/slot.repository.memory.js';
import { SqlSlotRepository } from '../../../src/stores/media/slots/slot.repository.sql.js';
import type { StatsRepository } from '../../../src/stores/media/stats/stats.repository.js';
import { MemoryStatsRepository } from '../../../src/stores/media/stats/stats.repository.memory.js';
import { SqlStatsRepository } from '../../../src/stores/media/stats/stats.repository.sql.js';
import type { TemplateRepository } from '../../../src/stores/media/templates/template.repository.js';
import { MemoryTemplateRepository } from '../../../src/stores/media/templates/template.repository.memory.js';
import { SqlTemplateRepository } from '../../../src/stores/media/templates/template.repository.sql.js';

/** The ports of the store: their tables refer to each other. */
export interface MediaPorts {
  readonly slots: SlotRepository;
  readonly jobs: JobRepository;
  readonly objects: MediaObjectRepository;
  readonly templates: TemplateRepository;
  readonly settings: SettingRepository;
  readonly stats: StatsRepository;
}

export function portsInMemory(): MediaPorts {
  const memory = new MediaMemory();
  return {
    slots: new MemorySlotRepository(memory),
    jobs: new MemoryJobRepository(memory),
    objects: new MemoryMediaObjectRepository(memory),
    templates: new MemoryTemplateRepository(memory),
    settings: new MemorySettingRepository(memory, new MemoryKeptAnswers()),
    stats: new MemoryStatsRepository(memory),
  };
}

export function portsInSql(database: SqlDatabase): MediaPorts {
  return {
    slots: new SqlSlotRepository(database),
    jobs: new SqlJobRepository(database),
    objects: new SqlMediaObjectRepository(database),
    templates: new SqlTemplateRepository(database),
    settings: new SqlSettingRepository(database),
    stats: new SqlStatsRepository(database),
  };
}
