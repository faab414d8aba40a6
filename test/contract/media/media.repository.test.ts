import { contract } from '../contract.js';
import { jobCases } from './job.cases.js';
import { jobRaceCases } from './job.races.js';
import { mediaObjectCases } from './media-object.cases.js';
import { type MediaPorts, portsInMemory, portsInSql } from './media.ports.js';
import { settingCases } from './setting.cases.js';
import { slotCases } from './slot.cases.js';
import { statsCases } from './stats.cases.js';
import { templateCases } from './template.cases.js';

contract<MediaPorts>(
  'the repositories of media',
  {
    tables: [
      'job_key',
      'slot_template_media',
      'media_object',
      'job_history',
      'settings',
      'media_request_keys',
      'slot',
    ],
    inMemory: portsInMemory,
    inSql: portsInSql,
  },
  (current) => {
    slotCases(current);
    jobCases(current);
    jobRaceCases(current);
    mediaObjectCases(current);
    templateCases(current);
    settingCases(current);
    statsCases(current);
  },
);
