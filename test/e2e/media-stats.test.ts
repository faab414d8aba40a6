import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storedTime } from '@holdfast/core/instant';
import { bodyOf, expectProblem, HttpClient } from '../support/http-client.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';

interface Overview {
  readonly since: string;
  readonly bucket_seconds: number;
  readonly series: readonly { readonly at: string; readonly jobs: number }[];
}

interface BySlot {
  readonly slots: readonly { readonly slot_id: string; readonly stats_since: string | null }[];
  readonly failures: readonly { readonly job_id: string }[];
}

describe.each(['SQLITE', 'POSTGRES'] as const)('jobs and their statistics on %s', (backend) => {
  let media: MediaService;
  let client: HttpClient;
  const ids = { done: randomUUID(), gone: randomUUID(), late: randomUUID(), open: randomUUID() };

  /** Rows as the store writes them, so many minutes ago. */
  const insertJob = async (
    id: string,
    minutes: number,
    status: 'done' | 'timeout' | 'pending',
    expiresInHours = 1,
  ) => {
    const at = (milliseconds: number) =>
      `'${storedTime(new Date(Date.now() + milliseconds).toISOString())}'`;
    const start = -minutes * 60_000;
    const isOpen = status === 'pending';
    await media.execute(
      `INSERT INTO job_history (id, slot_id, source, status, failure_reason, provider, started_at,
         sync_deadline, completed_at, duration_ms, result_media_id, result_expires_at)
       VALUES ('${id}', 'slot-001', 'ingest', '${status}',
         ${status === 'timeout' ? "'PROVIDER_TIMEOUT'" : 'NULL'}, 'echo', ${at(start)},
         ${at(start + 48_000)}, ${isOpen ? 'NULL' : at(start + 6_000)}, ${isOpen ? 'NULL' : '6000'},
         ${status === 'done' ? `'media-${id}'` : 'NULL'},
         ${status === 'done' ? at(expiresInHours * 3_600_000) : 'NULL'})`,
    );
  };

  beforeAll(async () => {
    media = await startMedia(backend, { PUBLIC_MEDIA_BASE_URL: 'https://photos.example.com/' });
    client = new HttpClient(media.service.url);
    await insertJob(ids.done, 5, 'done');
    await insertJob(ids.gone, 90, 'done', -1);
    await insertJob(ids.late, 10, 'timeout');
    await insertJob(ids.open, 0, 'pending');
  });
  afterAll(() => media.end());

  const job = async (id: string) => bodyOf(await client.get(`/api/jobs/${id}`), 200);
  const overview = async (query = '') =>
    bodyOf(await client.get(`/api/stats/overview${query}`), 200) as Overview;
  const bySlot = async (query = '') =>
    bodyOf(await client.get(`/api/stats/slots${query}`), 200) as BySlot;

  it('tell what became of a photo, and where its result is', async () => {
    expect(await job(ids.done)).toMatchObject({
      id: ids.done,
      slot_id: 'slot-001',
      source: 'ingest',
      status: 'done',
      failure_reason: null,
      duration_ms: 6000,
      result_url: `https://photos.example.com/public/results/${ids.done}`,
    });
    expect(await job(ids.gone)).toMatchObject({ status: 'done', result_url: null });
    expect(await job(ids.late)).toMatchObject({
      ...{ status: 'timeout', failure_reason: 'PROVIDER_TIMEOUT' },
      ...{ result_expires_at: null, result_url: null },
    });
    expect(await job(ids.open)).toMatchObject({ status: 'pending', completed_at: null });
    expectProblem(await client.get('/api/jobs/nobody'), 404, 'JOB_NOT_FOUND');
  });

  it('are of slots whose templates go once', async () => {
    const [object, template] = [randomUUID(), randomUUID()];
    const at = `'${storedTime(new Date().toISOString())}'`;
    await media.execute(
      `INSERT INTO media_object VALUES ('${object}', NULL, 'slot-002', 'template',
         'template/2026-11-21/${object}', 'image/png', 7, 'sha', NULL, NULL);
       INSERT INTO slot_template_media VALUES ('${template}', 'slot-002', 'style', '${object}',
         ${at}, ${at})`,
    );
    const slot = async () => bodyOf(await client.get('/api/slots/slot-002'), 200);
    expect(await slot()).toMatchObject({
      templates: [{ id: template, media_kind: 'style', content_type: 'image/png', bytes: 7 }],
    });
    expect(await overview()).toMatchObject({ bytes_stored: 7 });
    const path = `/api/template-media/${template}`;
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect(await slot()).toMatchObject({ templates: [] });
    expect(await overview()).toMatchObject({ bytes_stored: 0 });
    expectProblem(await client.send('DELETE', path), 404, 'TEMPLATE_NOT_FOUND');
  });

  it('count the last hour unless it is said otherwise', async () => {
    const hour = await overview();
    expect(hour).toMatchObject({
      ...{ window_minutes: 60, jobs: 3, done: 1, timeouts: 1, failed: 0, provider_errors: 0 },
      ...{ bytes_stored: 0, bucket_seconds: 60 },
      bytes_by_scope: { temp: 0, provider: 0, result: 0, template: 0 },
    });
    expect(await overview('?window_minutes=120')).toMatchObject({ jobs: 4, bucket_seconds: 300 });
    expect(await overview('?window_minutes=7')).toMatchObject({ jobs: 2, timeouts: 0 });
    const steps = hour.series.map(({ at }) => Date.parse(at));
    expect(steps.length).toBeGreaterThanOrEqual(60);
    expect(steps.length).toBeLessThanOrEqual(62);
    expect(steps.every((at, index) => index === 0 || at - (steps[index - 1] ?? 0) === 60_000)).toBe(
      true,
    );
    expect(hour.series.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(3);
  });

  it('have few steps, however long the window is', async () => {
    for (const minutes of [1, 96, 97, 1440, 4320]) {
      const { series, bucket_seconds } = await overview(`?window_minutes=${minutes}`);
      expect(series.length).toBeLessThanOrEqual(97);
      expect(series.length).toBeGreaterThanOrEqual(Math.floor((minutes * 60) / bucket_seconds));
    }
  });

  it.each(['0', '4321', 'x', '1.5', '-1'])('refuse a window of %s minutes', async (minutes) => {
    for (const route of ['overview', 'slots']) {
      const answer = await client.get(`/api/stats/${route}?window_minutes=${minutes}`);
      const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
      const message = 'Invalid input: expected a whole number from 1 to 4320, in decimal digits';
      expect(errors).toEqual([{ path: 'window_minutes', message }]);
    }
  });

  it('are told by slot, with the last failures, and begin anew once they are reset', async () => {
    const { slots, failures } = await bySlot();
    expect(slots).toHaveLength(15);
    expect(slots[0]).toMatchObject({
      ...{ slot_id: 'slot-001', display_name: 'Slot 01', jobs: 3, done: 1, timeouts: 1 },
      ...{ success_rate: 0.5, timeout_rate: 0.5, p50_ms: 6000, p95_ms: 6000 },
      ...{ last_error_reason: 'PROVIDER_TIMEOUT', stats_since: null },
    });
    expect(slots[1]).toMatchObject({
      ...{ jobs: 0, success_rate: null, timeout_rate: null, p50_ms: null },
      ...{ last_success_at: null, last_error_at: null },
    });
    expect(failures.map(({ job_id }) => job_id)).toEqual([ids.late]);

    const reset = bodyOf(await client.send('POST', '/api/slots/slot-001/reset_stats'), 200) as {
      stats_since: string;
    };
    const [first] = (await bySlot()).slots;
    expect(first).toMatchObject({ jobs: 0, stats_since: reset.stats_since });
    // What was last is told whenever it was.
    expect(first).toMatchObject({ last_error_reason: 'PROVIDER_TIMEOUT' });
    expect(await overview()).toMatchObject({ jobs: 3 });
    await insertJob(randomUUID(), -1, 'pending');
    expect((await bySlot()).slots[0]).toMatchObject({ jobs: 1 });
  });
});
