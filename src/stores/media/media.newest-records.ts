import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { type StoredRecord } from '../newest-records.js';
import { SqlJobRepository } from './jobs/job.repository.sql.js';
import { SqlMediaObjectRepository } from './objects/media-object.repository.sql.js';
import { SqlSettingRepository } from './settings/setting.repository.sql.js';
import { SqlSlotRepository } from './slots/slot.repository.sql.js';
import { SqlTemplateRepository } from './templates/template.repository.sql.js';

/** Of each slot: there are few of them. */
const JOBS_OF_SLOT = 200;

/** Slots with their templates, the newest jobs of each with their results, then the settings. */
export async function* newestMediaRecords(database: SqlDatabase): AsyncGenerator<StoredRecord> {
  const jobs = new SqlJobRepository(database);
  const objects = new SqlMediaObjectRepository(database);
  const templates = new SqlTemplateRepository(database);
  for (const slot of await new SqlSlotRepository(database).list()) {
    const value = { slot, templates: await templates.ofSlot(slot.id) };
    yield { kind: 'slot', id: slot.id, value };
    for (const { id } of await jobs.latest(slot.id, JOBS_OF_SLOT)) {
      const job = { job: await jobs.find(id), result: await objects.resultOf(id) };
      yield { kind: 'job', id, value: job };
    }
  }
  for (const setting of await new SqlSettingRepository(database).all())
    yield { kind: 'setting', id: setting.key, value: setting };
}
