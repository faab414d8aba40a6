import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';

/** Rows of one statement, and files that are written at once. */
const BATCH = 5000;
const DAY = '2026-01-01';
const FILE = Buffer.alloc(100);
/** Of a file that nothing reads. */
const UNREAD = { bytes: FILE.length, sha256: 'a'.repeat(64) };
const HOUR_MS = 3_600_000;

/** @typedef {{ id: string, isOver: boolean, bytes: number, sha256: string }} MediaRow */
/** @typedef {(rows: readonly MediaRow[]) => unknown} Add */

/**
 * The path of the file of a result, below the place of the files.
 * @param {string} id
 */
export const resultPath = (id) => join('result', DAY, id);

/**
 * Rows of results that are there in the database, and of so many that are over, which have files.
 * @param {{ url?: string, sqlite?: string }} database a PostgreSQL server's, or a file; migrated
 * @param {string} files the place of the files
 * @param {{ rows: number, expired: number }} counts
 * @returns {Promise<string>} the id of a job whose result is there
 */
export async function seedMedia(database, files, { rows, expired }) {
  const { add, end } = database.sqlite ? intoSqlite(database.sqlite) : await intoPostgres(database);
  await mkdir(join(files, resultPath('')), { recursive: true });
  let last = '';
  for (let from = 0; from < rows; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, rows - from) }, (_, index) => ({
      ...UNREAD,
      id: randomUUID(),
      isOver: from + index < expired,
    }));
    await add(batch);
    const over = batch.filter(({ isOver }) => isOver);
    await Promise.all(over.map(({ id }) => writeFile(join(files, resultPath(id)), FILE)));
    last = batch.at(-1)?.id ?? last;
  }
  await end();
  return last;
}

/**
 * @param {{ url: string }} database
 * @returns {Promise<{ add: Add, end: () => Promise<void> }>}
 */
async function intoPostgres(database) {
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    `INSERT INTO slot VALUES ('slot-001', 'Slot 01', 'echo', 'image_edit', '{}', 50, true, 1, null, now(), now())`,
  );
  const expiry = `now() + CASE WHEN over THEN interval '-1 day' ELSE interval '3 days' END`;
  const from = `FROM unnest($1::text[], $2::boolean[], $3::bigint[], $4::text[]) AS each (id, over, bytes, sha256)`;
  return {
    add: async (rows) => {
      const columns = [
        rows.map(({ id }) => id),
        rows.map(({ isOver }) => isOver),
        rows.map(({ bytes }) => bytes),
        rows.map(({ sha256 }) => sha256),
      ];
      await client.query(
        `INSERT INTO job_history
           (id, slot_id, source, status, started_at, sync_deadline, completed_at, duration_ms, result_media_id, result_expires_at)
         SELECT id, 'slot-001', 'ingest', 'done', now(), now(), now(), 1, id, ${expiry} ${from}`,
        columns,
      );
      await client.query(
        `INSERT INTO media_object (id, job_id, slot_id, scope, path, content_type, bytes, sha256, expires_at)
         SELECT id, id, 'slot-001', 'result', 'result/${DAY}/' || id, 'image/jpeg', bytes, sha256, ${expiry} ${from}`,
        columns,
      );
    },
    end: async () => {
      await client.query('ANALYZE');
      await client.end();
    },
  };
}

/**
 * Adds rows of results to an SQLite file, all in one transaction.
 * @param {string} file migrated
 * @returns {{ add: Add, end: () => void }}
 */
export function intoSqlite(file) {
  const connection = new Sqlite(file);
  // In memory until they are whole: keys in no order would be written to all pages time and again.
  connection.pragma('cache_size = -2000000');
  connection.exec('BEGIN');
  const at = (hours) => new Date(Date.now() + hours * HOUR_MS).toISOString().replace(/Z$/, '000Z');
  const [now, before, later] = [at(0), at(-24), at(72)];
  connection
    .prepare(
      `INSERT INTO slot VALUES ('slot-001', 'Slot 01', 'echo', 'image_edit', '{}', 50, 1, 1, null, ?, ?)`,
    )
    .run(now, now);
  const addJob = connection.prepare(
    `INSERT INTO job_history
       (id, slot_id, source, status, started_at, sync_deadline, completed_at, duration_ms, result_media_id, result_expires_at)
     VALUES (:id, 'slot-001', 'ingest', 'done', :now, :now, :now, 1, :id, :expiry)`,
  );
  const addObject = connection.prepare(
    `INSERT INTO media_object (id, job_id, slot_id, scope, path, content_type, bytes, sha256, expires_at)
     VALUES (:id, :id, 'slot-001', 'result', 'result/${DAY}/' || :id, 'image/jpeg', :bytes, :sha256, :expiry)`,
  );
  return {
    add: (rows) => {
      for (const { id, isOver, bytes, sha256 } of rows) {
        const expiry = isOver ? before : later;
        addJob.run({ id, now, expiry });
        addObject.run({ id, bytes, sha256, expiry });
      }
    },
    end: () => {
      connection.exec('COMMIT; ANALYZE');
      connection.close();
    },
  };
}
