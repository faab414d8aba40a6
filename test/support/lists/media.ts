import { storedTime } from '@holdfast/core/instant';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlJobRepository } from '../../../src/stores/media/jobs/job.repository.sql.js';
import { SqlMediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.sql.js';
import { EPOCH } from './dialects.js';
import { type ListCase, PAGE, type StoreLists } from './list-case.js';
import { draw, type Extent, type Filling, id, middleOf, type Samples } from './samples.js';

/** Jobs are of two slots, one of which has all but a few. */
const SLOT = `CASE WHEN i % 1000 = 0 THEN 'slot-002' ELSE 'slot-001' END`;
const [MANY, FEW, NONE] = ['slot-001', 'slot-002', 'slot-003'];

/** Of a thousand jobs, nine hundred are done, and those that were killed are pending. */
const STATUS = `CASE WHEN ${draw(48271)} < 900 THEN 'done' WHEN ${draw(48271)} < 950 THEN 'timeout'
  WHEN ${draw(48271)} < 999 THEN 'failed' ELSE 'pending' END`;

const when = (status: string, then: string) => `CASE WHEN s.status = '${status}' THEN ${then} END`;
const unless = (status: string, then: string) =>
  `CASE WHEN s.status <> '${status}' THEN ${then} END`;

const job = (i: string) => id(`${i} + 5000000`);
const object = (i: string) => id(`${i} + 6000000`);

function fillings({ from, createdAt }: Samples, { rows, parts }: Extent): readonly Filling[] {
  const at = `(SELECT i, ${SLOT} AS slot_id, ${STATUS} AS status, ${createdAt} AS at ${from(rows)}) s`;
  return [
    {
      table: 'slot',
      columns: `id, display_name, operation, settings_json, size_limit_mb, is_active, version,
        created_at, updated_at`,
      select: `SELECT 'slot-00' || i, 'Slot', 'image_edit', '{}', 50, i > 0, 1, ${createdAt},
        ${createdAt} ${from(3)}`,
    },
    {
      table: 'job_history',
      columns: `id, slot_id, source, status, failure_reason, provider, started_at, sync_deadline,
        completed_at, duration_ms, result_media_id, result_expires_at`,
      select: `SELECT ${job('i')}, slot_id, 'ingest', status,
        CASE WHEN s.status IN ('timeout', 'failed') THEN 'PROVIDER_FAILED' END, 'echo', at, at,
        ${unless('pending', 'at')}, ${unless('pending', 'i % 48000')},
        ${when('done', object('i'))}, ${when('done', 'at')} FROM ${at}`,
    },
    {
      table: 'media_object',
      columns: `id, job_id, slot_id, scope, path, content_type, bytes, sha256, expires_at,
        cleaned_at`,
      select: `SELECT ${object('i')}, ${job('i')}, slot_id, 'result',
        'result/' || ${object('i')}, 'image/png', 1000, 'a', at,
        CASE WHEN i <= ${rows} - ${parts} THEN at END FROM ${at}`,
    },
  ];
}

/** One question, and how many rows it finds. */
const list =
  (of: ListCase['of'], ask: ListCase['ask']) =>
  (name: string, finds: number): ListCase => ({ name, of, ask, finds: [finds, finds] });

function cases({ rows }: Extent): readonly ListCase[] {
  const jobs = (database: SqlDatabase) => new SqlJobRepository(database);
  const objects = (database: SqlDatabase) => new SqlMediaObjectRepository(database);
  const latest = (slot: string) =>
    list('selection', (database) => jobs(database).latest(slot, PAGE));
  // A job's result expires as it starts: before noon of the first day all of those after it can be had.
  const results = (slot: string, now: string) =>
    list('selection', (database) => jobs(database).latestResults(slot, now, PAGE));
  const start = storedTime(new Date(EPOCH).toISOString()).replace('000Z', 'Z');
  const middle = middleOf(rows);
  return [
    latest(MANY)('jobs of a slot with many', PAGE),
    latest(FEW)('jobs of a slot with few', PAGE),
    latest(NONE)('jobs of a slot with none', 0),
    results(MANY, start)('results of a slot with many', PAGE),
    results(MANY, middle)('results of a slot, of which half can be had', PAGE),
    results(NONE, start)('results of a slot with none', 0),
    list('selection', (database) => objects(database).liveAfter(null, PAGE))(
      'files that are not cleaned, first page',
      PAGE,
    ),
    list('selection', (database) => objects(database).liveAfter('result/1', PAGE))(
      'files that are not cleaned, after all',
      0,
    ),
  ];
}

export const lists: StoreLists = { fillings, cases };
