import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { backupsIn } from '../backup.js';
import { type Environment, execute } from '../program.js';
import { startService } from '../service.js';
import { INGEST_PASSWORD, openSlot } from './open-slot.js';
import { formOf, photoOf, sha256Of } from './photo.js';

/** A media store with photos in it, and what leads a command to it. */
export interface FilledMedia {
  readonly environment: Environment;
  readonly folder: string;
  readonly out: string;
  /** By path below the service: what is served there. */
  readonly served: Readonly<Record<string, string>>;
  readonly remove: () => void;
}

export const PHOTOS = 5;

/** A service is started, given photos and a template, and stopped. @param more variables */
export async function fillMedia(more: Environment): Promise<FilledMedia> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-media-backup-'));
  const out = join(folder, 'backups');
  mkdirSync(join(folder, 'tmp'));
  const environment = {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    SQLITE_PATH: join(folder, 'holdfast.sqlite'),
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: join(folder, 'media'),
    BACKUP_DIR: out,
    TMPDIR: join(folder, 'tmp'),
    INGEST_PASSWORD,
    ...more,
  };
  const service = await startService({
    ...environment,
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
  });
  await openSlot(service.url);
  const served: Record<string, string> = {};
  for (let count = 0; count < PHOTOS; count += 1) {
    const photo = photoOf(200_000 + count);
    const form = formOf([
      ['password', INGEST_PASSWORD],
      ['file', photo],
    ]);
    const answer = await fetch(`${service.url}/api/ingest/slot-001`, {
      method: 'POST',
      body: form,
    });
    expect(answer.status).toBe(200);
    served[`/public/results/${answer.headers.get('x-job-id') ?? ''}`] = sha256Of(photo);
  }
  const template = formOf([
    ['slot_id', 'slot-001'],
    ['media_kind', 'style'],
    ['file', photoOf(900)],
  ]);
  const added = await fetch(`${service.url}/api/template-media`, {
    method: 'POST',
    body: template,
  });
  expect(added.status).toBe(201);
  await service.stop();
  const remove = () => {
    rmSync(folder, { recursive: true });
  };
  return { environment, folder, out, served, remove };
}

/** Runs the command program to its end. */
export const cli = (
  { environment }: Pick<FilledMedia, 'environment'>,
  ...args: readonly string[]
) => execute('cli.js', args, environment);

/** @returns the folder of the new backup */
export async function backup(media: FilledMedia, ...words: readonly string[]): Promise<string> {
  const ended = await cli(media, 'backup', ...words);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return backupsIn(media.out).at(-1) ?? '';
}

/** Files of results and templates below a folder. */
export const filesIn = (root: string) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('0000-00-00'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();

/** Starts a service, and sees to it that it serves all photos. */
export async function expectServed(
  environment: Environment,
  served: FilledMedia['served'],
): Promise<void> {
  const service = await startService({ ...environment, HOST: '127.0.0.1' });
  try {
    for (const [path, sha256] of Object.entries(served)) {
      const answer = await fetch(service.url + path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(sha256Of(Buffer.from(await answer.arrayBuffer()))).toBe(sha256);
    }
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  } finally {
    await service.stop('SIGKILL');
  }
}
