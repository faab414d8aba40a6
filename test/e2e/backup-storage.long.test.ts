import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import Sqlite from 'better-sqlite3';
import { backupsIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { type Environment, execute } from '../support/program.js';
import { type S3Server, startS3 } from '../support/s3.js';

const { later, temporaryFolder } = cleanup();

let storage: S3Server;
let folder: string;
let out: string;

beforeAll(async () => {
  storage = await startS3();
}, 60_000);
afterAll(() => storage.stop());

const cli = (args: readonly string[], more: Environment = {}) =>
  execute('cli.js', args, {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    SQLITE_PATH: join(folder, 'holdfast.sqlite'),
    BACKUP_DIR: out,
    TMPDIR: join(folder, 'tmp'),
    ...storage.environment,
    ...more,
  });

beforeEach(async () => {
  folder = temporaryFolder();
  out = join(folder, 'backups');
  mkdirSync(join(folder, 'tmp'));
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
  const connection = new Sqlite(join(folder, 'holdfast.sqlite'));
  // More than a part, of what no compression makes less of.
  connection.exec(`CREATE TABLE large (body BLOB);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
    INSERT INTO large SELECT randomblob(1000000) FROM n`);
  connection.close();
});

/** @returns its id and where it is */
async function backup(...words: readonly string[]) {
  const ended = await cli(['backup', ...words]);
  expect(ended).toMatchObject({ code: 0 });
  const made = backupsIn(out).at(-1) ?? '';
  const { id } = manifestIn(made);
  const url = `s3://${storage.bucket}/nightly/here/${id}`;
  expect(ended.stdout).toContain(`uploaded to ${url}\n`);
  return { id, url, made };
}

const objectsOf = (id: string) => storage.objects().filter((name) => name.includes(id));
const restored = () => join(folder, 'restored.sqlite');

describe('a backup in a bucket', () => {
  it('is all of the backup, in parts where it is large, and comes back with every row', async () => {
    const { id, url } = await backup();
    expect(objectsOf(id)).toEqual([
      `nightly/here/${id}/manifest.json`,
      `nightly/here/${id}/primary.sqlite`,
    ]);
    expect(await cli(['restore', url, '--into', restored()])).toMatchObject({ code: 0 });
    const rows = (path: string) => {
      const opened = new Sqlite(path, { readonly: true });
      const found = opened.prepare('SELECT body FROM large').pluck().all();
      opened.close();
      return createHash('sha256')
        .update(Buffer.concat(found as Buffer[]))
        .digest('hex');
    };
    expect(rows(restored())).toBe(rows(join(folder, 'holdfast.sqlite')));
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('is known there to be verified, and rehearsed from there', async () => {
    const { url } = await backup('--verify');
    expect(await cli(['restore', `${url}/`, '--rehearse'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(url),
    });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('goes there and comes from there encrypted', async () => {
    const identity = await generateIdentity();
    const keys = join(folder, 'keys');
    writeFileSync(keys, identity, { mode: 0o600 });
    const recipient = await identityToRecipient(identity);
    expect(await cli(['backup'], { BACKUP_AGE_RECIPIENTS: recipient })).toMatchObject({ code: 0 });
    const { id } = manifestIn(backupsIn(out).at(-1) ?? '');
    expect(objectsOf(id)).toContain(`nightly/here/${id}/primary.sqlite.age`);
    const url = `s3://${storage.bucket}/nightly/here/${id}`;
    expect(await cli(['restore', url, '--into', restored()])).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/^(?![^]*download)[^]*BACKUP_KEY_MISSING/),
    });
    expect(
      await cli(['restore', url, '--into', restored()], { BACKUP_AGE_IDENTITY_PATH: keys }),
    ).toMatchObject({ code: 0, stderr: expect.stringContaining('download') });
  });

  it('is none where it is not there', async () => {
    const url = `s3://${storage.bucket}/nightly/here/holdfast-20200101T000000000Z-abcdef`;
    expect(await cli(['restore', url, '--into', restored()])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/BACKUP_INVALID[^]*has no manifest.json/),
    });
  });

  it.each([
    ['another secret', { BACKUP_S3_SECRET_KEY: 'zanzibar-secret' }, 'SignatureDoesNotMatch'],
    ['another key', { BACKUP_S3_ACCESS_KEY: 'NOBODY' }, 'InvalidAccessKeyId'],
    ['another bucket', { BACKUP_S3_BUCKET: 'not-there' }, 'NoSuchBucket'],
    ['nobody there', { BACKUP_S3_ENDPOINT: 'http://127.0.0.1:4' }, 'ECONNREFUSED'],
  ])('fails with %s, and the backup is in its folder', async (_, given, said) => {
    const before = storage.objects();
    const ended = await cli(['backup'], given);
    expect(ended).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(new RegExp(`BACKUP_STORAGE_FAILED[^]*${said}`)),
    });
    expect(ended.stdout + ended.stderr).not.toContain('zanzibar');
    expect(storage.objects()).toEqual(before);
    expect(backupsIn(out)).toHaveLength(1);
  });

  it.each([
    ['no secret', { BACKUP_S3_SECRET_KEY: '' }, 'BACKUP_S3_SECRET_KEY'],
    ['no URL', { BACKUP_S3_ENDPOINT: 's3.example.com' }, 'BACKUP_S3_ENDPOINT'],
    ['no name of a bucket', { BACKUP_S3_BUCKET: 'No Bucket!' }, 'BACKUP_S3_BUCKET'],
  ])('is refused with %s, before one is made', async (_, given, said) => {
    expect(await cli(['backup'], given)).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(new RegExp(`BACKUP_STORAGE_INVALID[^]*${said}`)),
    });
    expect(backupsIn(out)).toEqual([]);
  });

  it('is tried again where the server does not answer, or says that it cannot just now', async () => {
    const refused: string[] = [];
    const { port: target } = new URL(storage.endpoint);
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      const name = path.replace(/\?.*/, '');
      const isFirst = request.method === 'PUT' && !refused.includes(name);
      if (isFirst) refused.push(name);
      if (isFirst && name.includes('manifest')) request.destroy();
      else if (isFirst) response.writeHead(503).end();
      else {
        const passed = ask(
          {
            port: target,
            host: '127.0.0.1',
            method: request.method,
            path,
            headers: request.headers,
          },
          (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(response);
          },
        );
        request.pipe(passed);
      }
    }).listen(0, '127.0.0.1');
    later(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await cli(['backup'], { BACKUP_S3_ENDPOINT: `http://127.0.0.1:${port}` });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('uploaded to') });
    expect(ended.stderr).toContain('is tried again in');
    expect(refused.some((name) => name.includes('manifest'))).toBe(true);
    const { id } = manifestIn(backupsIn(out).at(-1) ?? '');
    expect(objectsOf(id)).toEqual(
      expect.arrayContaining([expect.stringContaining('manifest.json')]),
    );
  });

  it('has its manifest last: an upload that breaks off leaves none', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (seen.length > 2) request.destroy();
      else response.end();
    }).listen(0, '127.0.0.1');
    later(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const given = { BACKUP_S3_ENDPOINT: `http://127.0.0.1:${port}` };
    expect(await cli(['backup'], given)).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('BACKUP_STORAGE_FAILED'),
    });
    expect(seen.filter((each) => each.includes('manifest'))).toEqual([]);
  });
});
