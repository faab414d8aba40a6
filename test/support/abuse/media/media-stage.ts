import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { eventually } from '../../eventually.js';
import { settledFilesBelow } from '../../media/files-below.js';
import { INGEST_PASSWORD, openSlot } from '../../media/open-slot.js';
import { formOf, photoOf, sendPhoto, sha256Of } from '../../media/photo.js';
import { type Service, startService } from '../../service.js';
import { bearer, JWT, tokenFor } from '../../tokens.js';
import type { Headers } from '../stage.js';

/** Writes of one address in a window. */
export const WRITES_LIMIT = 20;
/** Bytes of the largest photo that the open slot takes. */
export const MOST_BYTES = 1024 * 1024;

/** The open slot; one that makes photos smaller; one that takes longer than the bound; one that is off, with a result. */
export const SLOTS = {
  open: 'slot-001',
  resizing: 'slot-002',
  slow: 'slot-003',
  off: 'slot-004',
} as const;

/** A process with photos, and where it has them. */
export interface MediaStage {
  readonly service: Service;
  readonly admin: Headers;
  readonly reader: Headers;
  /** A result that everybody may have, and the key under which its photo was sent. */
  readonly live: Photo & { readonly key: string };
  readonly expired: Photo;
  /** Sent to a slot that is off now. */
  readonly ofSlotThatIsOff: Photo;
  /** A photo that was refused. */
  readonly failedJob: string;
  readonly template: { readonly id: string; readonly object: string; readonly path: string };
  /** What is stored of the password of senders. */
  readonly passwordHash: string;
  readonly query: TestDatabase['query'];
  /** Rows that live, and files with what is in them. */
  readonly digest: () => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface Photo {
  readonly jobId: string;
  readonly object: string;
  /** Of its file. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

interface Row {
  readonly id: string;
  readonly job_id: string;
  readonly path: string;
}

export async function startMediaStage(): Promise<MediaStage> {
  const database = await createDatabase();
  const root = mkdtempSync(join(tmpdir(), 'holdfast-abuse-'));
  const service = await startService({
    ...JWT,
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    MIGRATE_ON_START: 'true',
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: root,
    MEDIA_ROOT_DURABLE: 'true',
    // What nobody has asked for must not tidy up.
    MEDIA_CLEANUP_INTERVAL_SECONDS: '0',
    T_SYNC_RESPONSE_SECONDS: '10',
    INGEST_PASSWORD,
    TRUSTED_PROXIES: '127.0.0.1',
    RATE_LIMIT_WRITES: String(WRITES_LIMIT),
    RATE_LIMIT_WINDOW_SECONDS: '3600',
  });
  const admin = bearer(await tokenFor('operator', 'media:admin media:read'));
  const reader = bearer(await tokenFor('reader', 'media:read'));
  const { url } = service;
  const isOpen = (slot: string, settings = {}) => openSlot(url, settings, slot, admin);
  await isOpen(SLOTS.open);
  await isOpen(SLOTS.resizing, { width: 64 });
  await isOpen(SLOTS.slow, { delay_ms: 30_000 });
  await isOpen(SLOTS.off);
  const query: TestDatabase['query'] = (sql) => database.query(sql);
  // Written by the first look at the place of the files, which nobody has asked for.
  await eventually(async () => {
    const named = await query("SELECT key FROM settings WHERE key = 'files_identity'");
    if (named.length === 0) throw new Error('the place of the files has no name so far');
  });
  const key = randomUUID();
  const live = await sent(url, query, SLOTS.open, { 'idempotency-key': key });
  const expired = await sent(url, query, SLOTS.open);
  const ofSlotThatIsOff = await sent(url, query, SLOTS.off);
  await query(
    `UPDATE media_object SET expires_at = '2020-01-01T00:00:00.000000Z' WHERE id = '${expired.object}'`,
  );
  await query(`UPDATE slot SET is_active = false WHERE id = '${SLOTS.off}'`);
  const refused = await sendPhoto(`${url}/api/ingest/${SLOTS.open}`, [
    ['password', INGEST_PASSWORD],
    ['file', Buffer.from('no image at all')],
  ]);
  const [hash] = await query<{ readonly value: string }>(
    "SELECT value FROM settings WHERE key LIKE '%password%'",
  );
  return {
    service,
    admin,
    reader,
    live: { ...live, key },
    expired,
    ofSlotThatIsOff,
    failedJob: refused.headers.get('x-job-id') ?? '',
    template: await template(url, query, admin),
    passwordHash: hash?.value ?? '',
    query,
    digest: async () => JSON.stringify([await rowsOf(query), await filesOf(root)], null, 1),
    close: async () => {
      await service.stop('SIGKILL');
      await database.drop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function sent(
  url: string,
  query: TestDatabase['query'],
  slot: string,
  headers: Headers = {},
): Promise<Photo> {
  const photo = photoOf(50_000);
  const answer = await sendPhoto(
    `${url}/api/ingest/${slot}`,
    [
      ['password', INGEST_PASSWORD],
      ['file', photo],
    ],
    headers,
  );
  const jobId = answer.headers.get('x-job-id') ?? '';
  const [row] = await query<Row>(
    `SELECT * FROM media_object WHERE job_id = '${jobId}' AND scope = 'result'`,
  );
  if (!row) throw new Error(`no result: ${answer.status} ${answer.code ?? ''}`);
  return { jobId, object: row.id, path: row.path, sha256: sha256Of(photo), bytes: photo.length };
}

async function template(url: string, query: TestDatabase['query'], admin: Headers) {
  const body = formOf([
    ['slot_id', SLOTS.open],
    ['media_kind', 'style'],
    ['file', photoOf(5000)],
  ]);
  const answer = await fetch(`${url}/api/template-media`, { method: 'POST', headers: admin, body });
  const { id } = (await answer.json()) as { readonly id: string };
  const [row] = await query<Row>("SELECT * FROM media_object WHERE scope = 'template'");
  if (!row) throw new Error('no template');
  return { id, object: row.id, path: row.path };
}

/**
 * All that is stored but what a refused photo may leave: a job that tells how it ended, without its time, and the row
 * of a file that is gone.
 */
async function rowsOf(query: TestDatabase['query']): Promise<unknown> {
  const tables = {
    slot: 'true',
    slot_template_media: 'true',
    settings: 'true',
    job_key: 'true',
    media_request_keys: 'true',
    media_object: 'cleaned_at IS NULL',
    job_history: "status NOT IN ('failed', 'timeout')",
  };
  const each = Object.entries(tables).map(
    ([name, kept]) =>
      `SELECT '${name}' AS name, count(*)::int AS rows,
              md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) AS digest FROM ${name} t WHERE ${kept}`,
  );
  return query(`${each.join(' UNION ALL ')} ORDER BY 1`);
}

async function filesOf(root: string): Promise<readonly string[]> {
  const names = await settledFilesBelow(root);
  return names.map((name) => `${name} ${sha256Of(readFileSync(join(root, name)))}`);
}
