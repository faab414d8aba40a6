import { mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SOLE_LEASE } from '@holdfast/core/lease';
import {
  cleanUp,
  countCleanable,
  OVERDUE_GRACE_MS,
} from '../../../src/stores/media/cleanup/cleanup.js';
import { fsck } from '../../../src/stores/media/cleanup/fsck.js';
import { ORPHAN_AGE_MS } from '../../../src/stores/media/cleanup/orphans.js';
import { newFilePath, partOf } from '../../../src/stores/media/files/file-path.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { MemoryJobRepository } from '../../../src/stores/media/jobs/job.repository.memory.js';
import { MediaMemory } from '../../../src/stores/media/media.memory.js';
import { type Scope, SCOPES } from '../../../src/stores/media/objects/media-object.js';
import { MemoryMediaObjectRepository } from '../../../src/stores/media/objects/media-object.repository.memory.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { claimPlace } from '../../../src/stores/media/health/shared-place.js';
import { MemorySettingRepository } from '../../../src/stores/media/settings/setting.repository.memory.js';
import { slot } from '../../support/media/application.js';
import { photoOf } from '../../support/media/photo.js';

let root: string;
let memory: MediaMemory;
let places: {
  jobs: MemoryJobRepository;
  objects: MemoryMediaObjectRepository;
  files: FolderMediaFiles;
  settings: MemorySettingRepository | undefined;
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-cleanup-'));
  memory = new MediaMemory();
  memory.slots.set('slot-001', slot({}));
  memory.slots.set('slot-002', slot({ id: 'slot-002' }));
  places = {
    jobs: new MemoryJobRepository(memory),
    objects: new MemoryMediaObjectRepository(memory),
    files: new FolderMediaFiles(root),
    settings: undefined,
  };
});
afterEach(() => rm(root, { recursive: true }));

const HOUR_MS = 3_600_000;
const from = (ms: number) => new Date(Date.now() + ms).toISOString();

/** A file that was written a while ago. */
async function file(scope: Scope, ageMs = HOUR_MS): Promise<string> {
  const path = newFilePath(scope);
  const { signal } = new AbortController();
  await places.files.store(path, one(photoOf(100)), { signal, durable: false });
  const at = new Date(Date.now() - ageMs);
  await utimes(join(root, path), at, at);
  return path;
}

async function job(deadlineMs = HOUR_MS): Promise<string> {
  const id = randomUUID();
  await places.jobs.begin({
    id,
    slotId: 'slot-001',
    source: 'ingest',
    status: 'pending',
    failureReason: null,
    provider: 'echo',
    startedAt: from(deadlineMs - 48_000),
    syncDeadline: from(deadlineMs),
    completedAt: null,
    durationMs: null,
    requestSha256: null,
    resultMediaId: null,
    resultExpiresAt: null,
  });
  return id;
}

/** A file with its row. */
async function object(scope: Scope, expiresInMs: number, slotId = 'slot-001'): Promise<string> {
  const path = await file(scope);
  await row(path, scope, expiresInMs, slotId);
  return path;
}

/** @returns its identifier */
async function row(path: string, scope: Scope, expiresInMs: number, slotId = 'slot-001') {
  const id = randomUUID();
  await places.objects.add({
    id,
    jobId: scope === 'template' ? null : await job(),
    slotId,
    scope,
    path,
    contentType: 'image/jpeg',
    bytes: 100,
    sha256: 'a'.repeat(64),
    expiresAt: from(expiresInMs),
    cleanedAt: null,
  });
  return id;
}

async function names(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const { path } of places.files.list()) found.add(path);
  return found;
}

describe('a cleanup', () => {
  it('ends overdue jobs, and removes what has expired and what no row needs, and nothing else', async () => {
    const kept = [
      await object('result', HOUR_MS),
      await object('temp', 1000),
      await file('temp', ORPHAN_AGE_MS - 60_000),
    ];
    const [overdue, late] = [await job(-60_000), await job(-5000)];
    await object('result', -1);
    await object('provider', -1000);
    await file('result');
    await file('temp', ORPHAN_AGE_MS + 1000);
    expect(await countCleanable(places)).toEqual({
      overdueJobs: 1,
      files: 2,
      bytes: 200,
      orphans: 2,
    });
    expect((await names()).size).toBe(7);
    const steps: number[] = [];
    const done = await cleanUp(places, {
      lease: SOLE_LEASE,
      withOrphans: true,
      onBatch: ({ files }) => steps.push(files),
    });
    expect(done).toEqual({ overdueJobs: 1, files: 2, bytes: 200, orphans: 2 });
    expect(steps.length).toBeGreaterThan(1);
    expect(await names()).toEqual(new Set(kept));
    expect(memory.jobs.get(overdue)?.status).toBe('timeout');
    expect(memory.jobs.get(late)?.status).toBe('pending');
    const again = await cleanUp(places, { lease: SOLE_LEASE, withOrphans: true });
    expect(again).toEqual({ overdueJobs: 0, files: 0, bytes: 0, orphans: 0 });
  });

  it('does what a dry run has told, whatever rows and files there are', async () => {
    for (const status of ['pending', 'failed', 'timeout'] as const)
      for (const deadlineMs of [HOUR_MS, -5000, -OVERDUE_GRACE_MS - 1000, -HOUR_MS]) {
        const id = await job(deadlineMs);
        const end = { failureReason: 'PROVIDER_FAILED', completedAt: from(0) };
        if (status !== 'pending') await places.jobs.fail(id, { status, ...end });
      }
    for (const scope of SCOPES) {
      for (const ageMs of [1000, ORPHAN_AGE_MS + 1000]) {
        await file(scope, ageMs);
        const part = partOf(await file(scope, ageMs));
        await writeFile(join(root, part), photoOf(10));
        const at = new Date(Date.now() - ageMs);
        await utimes(join(root, part), at, at);
        for (const expiresInMs of [HOUR_MS, -1, -HOUR_MS]) {
          await row(await file(scope, ageMs), scope, expiresInMs);
          await row(newFilePath(scope), scope, expiresInMs);
          const cleaned = await row(await file(scope, ageMs), scope, expiresInMs);
          await places.objects.markCleaned([cleaned], from(0));
        }
      }
    }
    const told = await countCleanable(places);
    expect(told).toEqual({
      overdueJobs: 2,
      files: 4 * 2 * 4,
      bytes: 4 * 2 * 4 * 100,
      // Of each scope two that never had a row, half a one, and three whose rows are marked; the young ones stay.
      orphans: 4 * 6,
    });
    expect(await countCleanable(places)).toEqual(told);
    expect(await cleanUp(places, { lease: SOLE_LEASE, withOrphans: true })).toEqual(told);
    const nothing = { overdueJobs: 0, files: 0, bytes: 0, orphans: 0 };
    expect(await countCleanable(places)).toEqual(nothing);
    expect(await cleanUp(places, { lease: SOLE_LEASE, withOrphans: true })).toEqual(nothing);
  });

  it('goes on after one that was killed between rows and files', async () => {
    const path = await object('result', -1);
    await places.objects.markExpired(from(0), 10);
    expect((await names()).has(path)).toBe(true);
    const done = await cleanUp(places, { lease: SOLE_LEASE, withOrphans: true });
    expect(done).toMatchObject({ files: 0, orphans: 1 });
    expect((await names()).size).toBe(0);
  });

  it('leaves the rest to another process that has its lease', async () => {
    await object('result', -1);
    const taken = { hold: () => Promise.resolve(false), release: () => Promise.resolve() };
    await expect(cleanUp(places, { lease: taken, withOrphans: true })).rejects.toMatchObject({
      code: 'PURGE_UNDER_WAY',
    });
    let holds = 0;
    const lost = { ...taken, hold: () => Promise.resolve((holds += 1) === 1) };
    await expect(cleanUp(places, { lease: lost, withOrphans: true })).rejects.toMatchObject({
      code: 'PURGE_LEASE_LOST',
    });
    expect((await names()).size).toBe(1);
  });

  it('ends with the batch that is under way when it is to stop', async () => {
    await object('result', -1);
    const done = await cleanUp(places, {
      lease: SOLE_LEASE,
      withOrphans: true,
      signal: AbortSignal.abort(),
    });
    expect(done).toEqual({ overdueJobs: 0, files: 0, bytes: 0, orphans: 0 });
    expect((await names()).size).toBe(1);
  });
});

describe('fsck', () => {
  it('tells rows without files and files without rows, and touches neither', async () => {
    await object('result', HOUR_MS);
    await row(newFilePath('result'), 'result', HOUR_MS);
    await row(newFilePath('result'), 'result', -1);
    await row(newFilePath('temp'), 'temp', HOUR_MS);
    const orphan = await file('provider');
    await file('result', 1000);
    const told = await fsck(places, false);
    expect(told).toMatchObject({
      rows: 2,
      missing: { count: 1 },
      orphans: { count: 1, paths: [orphan], removed: 0 },
    });
    expect((await names()).size).toBe(3);
    const repaired = await fsck(places, true);
    expect(repaired).toMatchObject({ missing: { count: 1 }, orphans: { count: 1, removed: 1 } });
    expect((await names()).has(orphan)).toBe(false);
    expect((await names()).size).toBe(2);
    expect(memory.live()).toHaveLength(4);
    expect(await fsck(places, false)).toMatchObject({ orphans: { count: 0 } });
  });

  it.each([0, 99, 101])(
    'tells a file of %i bytes whose row says 100, and leaves it',
    async (left) => {
      const path = await object('result', HOUR_MS);
      await object('template', HOUR_MS);
      await truncate(join(root, path), left);
      for (const repair of [false, true])
        expect(await fsck(places, repair)).toEqual({
          rows: 2,
          missing: { count: 0, paths: [] },
          damaged: { count: 1, paths: [path] },
          orphans: { count: 0, paths: [], bytes: 0, removed: 0 },
        });
      expect((await names()).has(path)).toBe(true);
    },
  );
});

describe('in a place that another database has named', () => {
  const { signal } = new AbortController();
  const notShared = { code: 'MEDIA_FILES_NOT_SHARED' };
  const settingsOf = () => new MemorySettingRepository(new MediaMemory(), new MemoryKeptAnswers());

  it.each([
    ['a database that has named none', () => Promise.resolve(settingsOf())],
    [
      'a database that has named another',
      async () => {
        const settings = settingsOf();
        const elsewhere = await mkdtemp(join(root, 'elsewhere-'));
        await claimPlace({ files: new FolderMediaFiles(elsewhere), settings }, signal);
        return settings;
      },
    ],
    ['a store in memory', () => Promise.resolve(undefined)],
  ])('removes nothing that only its rows need, for %s', async (_, settings) => {
    const owner = settingsOf();
    await claimPlace({ files: places.files, settings: owner }, signal);
    const ofOthers = await file('result');
    const expired = await object('result', -1);
    places.settings = await settings();
    await expect(cleanUp(places, { lease: SOLE_LEASE, withOrphans: true })).rejects.toMatchObject(
      notShared,
    );
    await expect(countCleanable(places)).rejects.toMatchObject(notShared);
    await expect(fsck(places, true)).rejects.toMatchObject(notShared);
    expect(await names()).toEqual(new Set([ofOthers, expired]));
    expect(memory.live()).toHaveLength(1);
    if (places.settings)
      await expect(
        claimPlace({ files: places.files, settings: places.settings }, signal),
      ).rejects.toMatchObject(notShared);
    places.settings = owner;
    const { orphans } = await cleanUp(places, { lease: SOLE_LEASE, withOrphans: true });
    expect(orphans).toBe(1);
  });
});

it('a database that takes no writes leaves one file in a place that it cannot name, and names it later', async () => {
  const { signal } = new AbortController();
  const settings = new MemorySettingRepository(new MediaMemory(), new MemoryKeptAnswers());
  const makeFirst = settings.makeFirst.bind(settings);
  settings.makeFirst = () => Promise.reject(new Error('read-only'));
  for (let tries = 0; tries < 3; tries += 1)
    await expect(claimPlace({ files: places.files, settings }, signal)).rejects.toThrow(
      'read-only',
    );
  expect((await names()).size).toBe(1);
  settings.makeFirst = makeFirst;
  await claimPlace({ files: places.files, settings }, signal);
  expect((await names()).size).toBe(0);
  await claimPlace({ files: places.files, settings }, signal);
});

// eslint-disable-next-line @typescript-eslint/require-await -- content comes in over time.
async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
