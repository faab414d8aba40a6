import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backupsIn, isWhole, leftoversIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import {
  backup,
  cli,
  expectServed,
  type FilledMedia,
  filesIn,
  fillMedia,
  PHOTOS,
} from '../support/media/filled-media.js';
import { start } from '../support/program.js';

const { temporaryFolder } = cleanup();

describe('a media store in a folder', () => {
  let media: FilledMedia;
  beforeAll(async () => {
    media = await fillMedia({});
  });
  afterAll(() => {
    media.remove();
  });

  it('is backed up, verified and restored with every file', async () => {
    const made = await backup(media, '--verify');
    const manifest = manifestIn(made);
    expect(isWhole(made)).toBe(true);
    expect(manifest.verified_at).not.toBeNull();
    expect(manifest.media).toMatchObject({ files: PHOTOS + 1, removed_meanwhile: [] });
    expect(readdirSync(made)).toEqual(expect.not.arrayContaining(['media.rows']));
    const other = temporaryFolder();
    const environment = { ...media.environment, MEDIA_ROOT: join(other, 'media') };
    const target = join(other, 'restored.sqlite');
    const ended = await cli({ environment }, 'restore', made, '--into', target);
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${PHOTOS + 1} files of the media store are in their place`),
    });
    await expectServed({ ...environment, SQLITE_PATH: target }, media.served);
  });

  it('is compared with its rows by a rehearsal, which puts it nowhere', async () => {
    const made = await backup(media);
    const root = join(temporaryFolder(), 'media');
    const environment = { ...media.environment, MEDIA_ROOT: root };
    const shown = await cli({ environment }, 'restore', made, '--rehearse');
    expect(shown).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        `${PHOTOS + 1} files of the media store are as their rows say; they stay in the backup`,
      ),
    });
    expect(existsSync(root)).toBe(false);
    const { stdout } = await cli({ environment }, 'restore', made, '--rehearse', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      databases: [{ media_files_compared: PHOTOS + 1 }],
    });
  });

  it('is an archive that tar opens', async () => {
    const made = await backup(media);
    const folder = temporaryFolder();
    execFileSync('tar', ['-xf', join(made, 'media.tar'), '-C', folder]);
    const contents = (root: string) =>
      filesIn(root).map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
    expect(contents(folder)).toEqual(contents(media.environment.MEDIA_ROOT ?? ''));
  });

  it('is restored beside the files that are there, and not over another one', async () => {
    const made = await backup(media);
    const same = join(temporaryFolder(), 'restored.sqlite');
    expect(await cli(media, 'restore', made, '--into', same)).toMatchObject({ code: 0 });
    const root = media.environment.MEDIA_ROOT ?? '';
    const [first = ''] = filesIn(root);
    const content = readFileSync(first);
    writeFileSync(first, 'another');
    const target = join(temporaryFolder(), 'restored.sqlite');
    const refused = await cli(media, 'restore', made, '--into', target);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('RESTORE_TARGET_NOT_EMPTY');
    expect(readFileSync(first, 'utf8')).toBe('another');
    expect(existsSync(target)).toBe(false);
    writeFileSync(first, content);
  });

  it.each([
    [
      'changed',
      (path: string) => {
        writeFileSync(path, 'another');
      },
    ],
    [
      'gone',
      (path: string) => {
        rmSync(path);
      },
    ],
  ] as const)('is not backed up when a file is %s, unless it is left out', async (_, damage) => {
    const [first = ''] = filesIn(media.environment.MEDIA_ROOT ?? '');
    const content = readFileSync(first);
    damage(first);
    const before = backupsIn(media.out);
    const refused = await cli(media, 'backup');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('BACKUP_MEDIA_LOST');
    expect([backupsIn(media.out), leftoversIn(media.out)]).toEqual([before, []]);
    const made = await backup(media, '--no-media', '--verify');
    expect(manifestIn(made).media).toBeUndefined();
    writeFileSync(first, content);
  });

  it('is asked for where the settings of a restore do not say where it goes', async () => {
    const made = await backup(media);
    const { MEDIA_ENABLED: _, ...environment } = media.environment;
    const target = join(temporaryFolder(), 'restored.sqlite');
    const refused = await cli({ environment }, 'restore', made, '--into', target);
    expect(refused.stderr).toMatch(/USAGE[^]*MEDIA_ENABLED=true.*--no-media/);
    const ended = await cli({ environment }, 'restore', made, '--into', target, '--no-media');
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`the ${PHOTOS + 1} files of the media store are left out`),
    });
  });

  it('is refused with a flipped bit, and without its archive', async () => {
    const made = await backup(media);
    const archive = join(made, 'media.tar');
    const content = readFileSync(archive);
    const restored = () =>
      cli(media, 'restore', made, '--into', join(temporaryFolder(), 'r.sqlite'));
    for (const place of [0, 600, content.length >> 1, content.length - 1]) {
      const flipped = Buffer.from(content);
      flipped.writeUInt8(flipped.readUInt8(place) ^ 4, place);
      writeFileSync(archive, flipped);
      expect((await restored()).stderr).toContain('BACKUP_INVALID');
    }
    rmSync(archive);
    expect((await restored()).stderr).toContain('BACKUP_INVALID');
  });

  it('leaves nothing that looks whole when it is killed', async () => {
    for (const milliseconds of [250, 350, 450, 550, 700]) {
      const { process: child, ended } = start('cli.js', ['backup'], media.environment);
      await wait(milliseconds);
      child.kill('SIGKILL');
      await ended;
      expect(
        backupsIn(media.out).filter((each) => existsSync(join(each, 'media.tar'))).length,
      ).toBe(
        backupsIn(media.out).filter((each) => existsSync(join(each, 'media.tar')) && isWhole(each))
          .length,
      );
    }
    await backup(media);
    expect(leftoversIn(media.out)).toEqual([]);
  });
});
