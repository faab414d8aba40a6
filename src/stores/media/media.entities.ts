import { LeaseEntity } from './cleanup/lease.entity.js';
import { JobEntity } from './jobs/job.entity.js';
import { JobKeyEntity } from './jobs/job-key.entity.js';
import { MediaKeptAnswerEntity } from './kept-answer.entity.js';
import { MediaObjectEntity } from './objects/media-object.entity.js';
import { SettingEntity } from './settings/setting.entity.js';
import { SlotEntity } from './slots/slot.entity.js';
import { TemplateEntity } from './templates/template.entity.js';

/** Every table of the store. */
export const mediaEntities = [
  SlotEntity,
  JobEntity,
  JobKeyEntity,
  MediaObjectEntity,
  TemplateEntity,
  SettingEntity,
  MediaKeptAnswerEntity,
  LeaseEntity,
];
