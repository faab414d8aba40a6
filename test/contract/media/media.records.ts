import type { Job } from '../../../src/stores/media/jobs/job.js';
import type { MediaObject } from '../../../src/stores/media/objects/media-object.js';
import { firstSlots } from '../../../src/stores/media/slots/first-slots.js';
import type { Slot } from '../../../src/stores/media/slots/slot.js';
import { newId } from '../new-id.js';
import type { MediaPorts } from './media.ports.js';

export const NOON = '2026-11-21T12:00:00.000Z';
export const SLOT = 'slot-001';
export const OTHER_SLOT = 'slot-002';
export const SHA = 'a'.repeat(64);

/** So many milliseconds after noon. */
export function after(milliseconds: number): string {
  return new Date(Date.parse(NOON) + milliseconds).toISOString();
}

export const HOUR_MS = 3_600_000;

export function newSlot(changes: Partial<Slot> = {}): Slot {
  const [slot] = firstSlots(NOON);
  if (!slot) throw new Error('there are slots');
  return { ...slot, ...changes };
}

/** A pending job of 48 seconds, unless it is said otherwise. */
export function newJob(changes: Partial<Job> = {}): Job {
  const startedAt = changes.startedAt ?? NOON;
  return {
    id: newId('job'),
    slotId: SLOT,
    source: 'ingest',
    status: 'pending',
    failureReason: null,
    provider: 'echo',
    startedAt,
    syncDeadline: new Date(Date.parse(startedAt) + 48_000).toISOString(),
    completedAt: null,
    durationMs: null,
    requestSha256: null,
    resultMediaId: null,
    resultExpiresAt: null,
    ...changes,
  };
}

export function newObject(jobId: string | null, changes: Partial<MediaObject> = {}): MediaObject {
  const id = newId('object');
  const scope = jobId === null ? 'template' : 'result';
  return {
    id,
    jobId,
    slotId: SLOT,
    scope,
    path: `${scope}/2026-11-21/${id}`,
    contentType: 'image/png',
    bytes: 1000,
    sha256: SHA,
    expiresAt: jobId === null ? null : after(72 * HOUR_MS),
    cleanedAt: null,
    ...changes,
  };
}

/** With the slots that there are at first. */
export async function withSlots(ports: MediaPorts): Promise<MediaPorts> {
  await ports.slots.makeFirst(firstSlots(NOON));
  return ports;
}

/** A job that is stored, and pending. */
export async function begun({ jobs }: MediaPorts, changes: Partial<Job> = {}): Promise<Job> {
  const job = newJob(changes);
  await jobs.begin(job);
  return job;
}

/** A job that has a result. */
export async function done(
  ports: MediaPorts,
  changes: Partial<Job> = {},
  result: Partial<MediaObject> = {},
): Promise<{ readonly job: Job; readonly result: MediaObject }> {
  const job = await begun(ports, changes);
  const object = newObject(job.id, { slotId: job.slotId, ...result });
  await ports.jobs.complete(job.id, { requestSha256: SHA }, object, job.syncDeadline);
  return { job: (await ports.jobs.find(job.id)) ?? job, result: object };
}
