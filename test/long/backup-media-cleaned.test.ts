import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { createLog } from '@holdfast/core/log';
import { settingsFor } from '@holdfast/testing/migrated-database';
import type { BackupContext } from '../../src/backup/context.js';
import { makeBackup } from '../../src/backup/make-backup.js';
import { restoreBackup } from '../../src/backup/restore-backup.js';
import { verifyBackup } from '../../src/backup/verify-backup.js';
import { service } from '../../src/service.js';
import { cleanup } from '../support/cleanup.js';
import { formOf, photoOf } from '../support/media/photo.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { startService } from '../support/service.js';

const { temporaryFolder } = cleanup();

interface Row {
  readonly id: string;
  readonly path: string;
}

async function filled() {
  const folder = temporaryFolder();
  const environment = {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    SQLITE_PATH: join(folder, 'holdfast.sqlite'),
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: join(folder, 'media'),
  };
  const running = await startService({ ...environment, HOST: '127.0.0.1', INGEST_PASSWORD });
  await openSlot(running.url);
  for (const bytes of [901, 902, 903]) {
    const body = formOf([
      ['password', INGEST_PASSWORD],
      ['file', photoOf(bytes)],
    ]);
    const answer = await fetch(`${running.url}/api/ingest/slot-001`, { method: 'POST', body });
    expect(answer.status).toBe(200);
  }
  await running.stop();
  return { folder, environment };
}

/** A backup, between the reading of the rows and the copying of the files of which something happens. */
async function contextOf(
  environment: Readonly<Record<string, string>>,
  meanwhile: () => void,
): Promise<BackupContext> {
  return {
    settings: settingsFor(service, environment),
    log: await createLog({ format: 'json', level: 'silent' }),
    withMedia: true,
    tools: undefined,
    recipients: undefined,
    signal: new AbortController().signal,
    progress: {
      told: () => undefined,
      begin: (what) => {
        if (what === 'archive media') meanwhile();
        return { bytes: () => undefined, end: () => undefined };
      },
    },
  };
}

it('a file that is cleaned away after the rows were read is named, and the backup is verified without it', async () => {
  const { folder, environment } = await filled();
  const connection = new Sqlite(environment.SQLITE_PATH);
  const rows = connection
    .prepare<[], Row>('SELECT id, path FROM media_object WHERE cleaned_at IS NULL ORDER BY path')
    .all();
  expect(rows).toHaveLength(3);
  const [, gone] = rows;
  const context = await contextOf(environment, () => {
    connection
      .prepare('UPDATE media_object SET cleaned_at = ? WHERE id = ?')
      .run(new Date().toISOString(), gone?.id);
    rmSync(join(environment.MEDIA_ROOT, gone?.path ?? ''));
  });
  const made = await makeBackup(context, folder);
  connection.close();
  expect(made.manifest.media).toMatchObject({ files: 2, removed_meanwhile: [gone?.path] });
  expect((await verifyBackup(context, made)).manifest.verified_at).not.toBeNull();
  const elsewhere = await contextOf(
    { ...environment, MEDIA_ROOT: join(folder, 'restored') },
    () => undefined,
  );
  const target = { file: join(folder, 'restored.sqlite') };
  const { notes } = await restoreBackup(elsewhere, made.folder, target, undefined);
  expect(notes).toEqual([
    '2 files of the media store are in their place, as their rows say',
    '1 rows of the media store have no file: it was cleaned away while the backup was made',
  ]);
});

it('a file that is lost meanwhile, and still has its row, is no such file', async () => {
  const { folder, environment } = await filled();
  const connection = new Sqlite(environment.SQLITE_PATH, { readonly: true });
  const path = connection
    .prepare<[], string>('SELECT path FROM media_object WHERE cleaned_at IS NULL LIMIT 1')
    .pluck()
    .get();
  connection.close();
  const context = await contextOf(environment, () => {
    rmSync(join(environment.MEDIA_ROOT, path ?? ''));
  });
  await expect(makeBackup(context, folder)).rejects.toMatchObject({ code: 'BACKUP_MEDIA_LOST' });
});
