import { EventEmitter, once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { backupsIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { type Environment, execute, start } from '../support/program.js';
import { Secret } from '@holdfast/core/secret';
import { s3Client } from '../../src/object-storage/s3-client.js';
import { type S3Server, startS3 } from '../support/s3.js';

const { later, temporaryFolder } = cleanup();

let storage: S3Server;
let folder: string;
let out: string;
let prefix: string;

beforeAll(async () => {
  storage = await startS3();
}, 60_000);
afterAll(() => storage.stop());

beforeEach(async () => {
  folder = temporaryFolder();
  out = join(folder, 'backups');
  prefix = `nightly/${folder.split('-').at(-1) ?? ''}`;
  mkdirSync(join(folder, 'tmp'));
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
});

const settings = (more: Environment = {}): Environment => ({
  APP_PERSISTENCE_PROFILE: 'LOCAL',
  SQLITE_PATH: join(folder, 'holdfast.sqlite'),
  BACKUP_DIR: out,
  TMPDIR: join(folder, 'tmp'),
  ...storage.environment,
  BACKUP_S3_PREFIX: prefix,
  ...more,
});

const cli = (args: readonly string[], more: Environment = {}) =>
  execute('cli.js', args, settings(more));

/** @returns the id of what it made */
async function backup(...words: readonly string[]): Promise<string> {
  expect(await cli(['backup', ...words])).toMatchObject({ code: 0 });
  return manifestIn(backupsIn(out).at(-1) ?? '').id;
}

const own = () => storage.objects().filter((key) => key.startsWith(`${prefix}/`));
const objectsOf = (id: string) =>
  own()
    .filter((key) => key.startsWith(`${prefix}/${id}/`))
    .map((key) => key.split('/').at(-1));
const idsThere = () => [...new Set(own().map((key) => key.split('/').at(-2)))];
const urlOf = (id: string) => `s3://${storage.bucket}/${prefix}/${id}`;
const restore = (id: string) => cli(['restore', urlOf(id), '--into', join(folder, `${id}.sqlite`)]);

/** Passes on what is asked of the bucket, but for what is taken over. */
async function between(
  takeOver: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Environment> {
  const { port: target } = new URL(storage.endpoint);
  const server = createServer((request, response) => {
    if (takeOver(request, response)) return;
    const { method, url: path, headers } = request;
    const passed = ask({ host: '127.0.0.1', port: target, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  }).listen(0, '127.0.0.1');
  later(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { BACKUP_S3_ENDPOINT: `http://127.0.0.1:${port}` };
}

describe('--keep-uploaded', () => {
  it('keeps the newest in the bucket and the last that was verified, and leaves the folder alone', async () => {
    const unproved = await backup();
    const proved = await backup('--verify');
    const later1 = await backup();
    expect(idsThere()).toEqual([unproved, proved, later1]);
    const ended = await cli(['backup', '--keep-uploaded', '1', '--json']);
    expect(ended).toMatchObject({ code: 0 });
    const { manifest, removed, removed_uploaded } = JSON.parse(ended.stdout) as {
      readonly manifest: { readonly id: string };
      readonly removed: readonly string[];
      readonly removed_uploaded: readonly string[];
    };
    expect(idsThere()).toEqual([proved, manifest.id]);
    expect(removed_uploaded).toEqual([urlOf(later1), urlOf(unproved)]);
    expect(removed).toEqual([]);
    expect(backupsIn(out)).toHaveLength(4);
    expect(await restore(proved)).toMatchObject({ code: 0 });
  });

  it('removes nothing that is not a whole backup of that name', async () => {
    const client = s3Client({
      endpoint: storage.endpoint,
      bucket: storage.bucket,
      region: undefined,
      accessKey: storage.key,
      secretKey: new Secret(storage.key),
    });
    const incomplete = 'holdfast-20200101T000000000Z-abcdef';
    await client.putObject(`${prefix}/${incomplete}/primary.sqlite`, 'still on its way');
    await client.putObject(`${prefix}/of-others/manifest.json`, '{}');
    await client.putObject(`${prefix}/notes.txt`, 'of others');
    await backup('--keep-uploaded', '1');
    expect(own()).toEqual(
      expect.arrayContaining([
        `${prefix}/${incomplete}/primary.sqlite`,
        `${prefix}/of-others/manifest.json`,
        `${prefix}/notes.txt`,
      ]),
    );
  });

  it('leaves nothing that looks whole when it is killed in the middle, and the next run goes on', async () => {
    const old = await backup();
    const asked = new EventEmitter();
    const isAsked = once(asked, 'delete');
    const given = await between(({ method, url = '' }) => {
      const isFile = method === 'DELETE' && url.includes(old) && !url.includes('manifest.json');
      if (isFile) asked.emit('delete');
      return isFile;
    });
    const started = start('cli.js', ['backup', '--keep-uploaded', '1'], settings(given));
    await isAsked;
    started.process.kill('SIGKILL');
    await started.ended;
    expect(objectsOf(old)).toEqual(['primary.sqlite', 'removing']);
    expect(await restore(old)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKUP_INVALID'),
    });
    const next = await backup('--keep-uploaded', '2');
    expect(idsThere()).not.toContain(old);
    expect(idsThere()).toContain(next);
    expect(idsThere()).toHaveLength(2);
  });

  it('fails where the key may not delete, and all that was there can still be restored', async () => {
    const old = await backup();
    const given = await between(({ method }, response) => {
      if (method !== 'DELETE') return false;
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      return true;
    });
    expect(await cli(['backup', '--keep-uploaded', '1'], given)).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/BACKUP_STORAGE_FAILED[^]*AccessDenied/),
    });
    expect(idsThere()).toHaveLength(2);
    expect(await restore(old)).toMatchObject({ code: 0 });
  });

  it('is refused where backups stay in their folder', async () => {
    expect(await cli(['backup', '--keep-uploaded', '1'], { BACKUP_S3_BUCKET: '' })).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('BACKUP_S3_BUCKET'),
    });
    expect(backupsIn(out)).toEqual([]);
  });
});
