import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import Sqlite from 'better-sqlite3';
import { manifestText } from '../../src/backup/manifest.js';
import { backupsIn, isWhole, leftoversIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { type Environment, execute } from '../support/program.js';

const { temporaryFolder } = cleanup();

/** What stands in a row, and nowhere else. */
const WORD = 'marzipan-and-horseradish';

let folder: string;
let out: string;
let keys: string;
let recipient: string;

/** A pair of keys; the secret one in a file as age-keygen writes it. */
async function makeKeys(
  name: string,
): Promise<{ readonly path: string; readonly recipient: string }> {
  const identity = await generateIdentity();
  const made = await identityToRecipient(identity);
  const path = join(folder, name);
  writeFileSync(path, `# created: 2026-11-29\n# public key: ${made}\n${identity}\n`, {
    mode: 0o600,
  });
  return { path, recipient: made };
}

const environment = (more: Environment = {}): Environment => ({
  APP_PERSISTENCE_PROFILE: 'LOCAL',
  SQLITE_PATH: join(folder, 'holdfast.sqlite'),
  BACKUP_DIR: out,
  ...more,
});
const cli = (args: readonly string[], more?: Environment) =>
  execute('cli.js', args, environment(more));
const encrypting = (): Environment => ({ BACKUP_AGE_RECIPIENTS: recipient });
const opening = (path = keys): Environment => ({ BACKUP_AGE_IDENTITY_PATH: path });

beforeEach(async () => {
  folder = temporaryFolder();
  out = join(folder, 'backups');
  ({ path: keys, recipient } = await makeKeys('keys'));
  expect(await cli(['migrate', 'up'])).toMatchObject({ code: 0 });
  const connection = new Sqlite(join(folder, 'holdfast.sqlite'));
  connection.exec(`CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('${WORD}')`);
  connection.close();
});

async function backup(...words: readonly string[]): Promise<string> {
  expect(await cli(['backup', ...words], { ...encrypting(), ...opening() })).toMatchObject({
    code: 0,
  });
  return backupsIn(out).at(-1) ?? '';
}

const restored = () => join(folder, 'restored.sqlite');

describe('an encrypted backup', () => {
  it('is made with the public key alone, and says for whom it is', async () => {
    expect(await cli(['backup'], encrypting())).toMatchObject({ code: 0 });
    const [made = ''] = backupsIn(out);
    expect(readdirSync(made).toSorted()).toEqual(['manifest.json', 'primary.sqlite.age']);
    expect(statSync(join(made, 'primary.sqlite.age')).mode & 0o777).toBe(0o600);
    expect(manifestIn(made).files).toMatchObject([
      { name: 'primary.sqlite.age', encryption: { format: 'age', recipients: [recipient] } },
    ]);
    expect(isWhole(made)).toBe(true);
    expect(leftoversIn(out)).toEqual([]);
    for (const name of readdirSync(made))
      expect(readFileSync(join(made, name)).includes(WORD)).toBe(false);
  });

  it('is opened by whoever has the secret key, without this program', async () => {
    const content = readFileSync(join(await backup(), 'primary.sqlite.age'));
    const decrypter = new Decrypter();
    decrypter.addIdentity(/^AGE-SECRET-KEY.*$/m.exec(readFileSync(keys, 'utf8'))?.[0] ?? '');
    const path = join(folder, 'opened.sqlite');
    writeFileSync(path, await decrypter.decrypt(content));
    const opened = new Sqlite(path);
    expect(opened.prepare('SELECT word FROM words').pluck().all()).toEqual([WORD]);
    opened.close();
  });

  it('is verified, rehearsed and restored with the secret key', async () => {
    const made = await backup('--verify');
    expect(manifestIn(made).verified_at).not.toBeNull();
    expect(leftoversIn(out)).toEqual([]);
    expect(await cli(['restore', made, '--rehearse'], opening())).toMatchObject({ code: 0 });
    expect(await cli(['restore', made, '--into', restored()], opening())).toMatchObject({
      code: 0,
    });
    const other = new Sqlite(restored(), { readonly: true });
    expect(other.prepare('SELECT word FROM words').pluck().all()).toEqual([WORD]);
    other.close();
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });

  it('is opened by any of its recipients, and by any of several keys', async () => {
    const other = await makeKeys('other');
    recipient = `${recipient}, ${other.recipient}`;
    const made = await backup();
    const third = await makeKeys('third');
    writeFileSync(third.path, readFileSync(other.path), { flag: 'a' });
    for (const path of [keys, other.path, third.path]) {
      expect(await cli(['restore', made, '--into', restored()], opening(path))).toMatchObject({
        code: 0,
      });
      rmSync(restored());
    }
  });

  it.each([
    ['no key', {}, 'BACKUP_KEY_MISSING'],
    ['a key that is not there', { BACKUP_AGE_IDENTITY_PATH: '/nowhere/key' }, 'BACKUP_KEY_MISSING'],
  ])('is refused with %s, before anything is made', async (_, given, code) => {
    const made = await backup();
    const refused = { code: 78, stderr: expect.stringContaining(code) };
    expect(await cli(['restore', made, '--into', restored()], given)).toMatchObject(refused);
    expect(await cli(['restore', made, '--rehearse'], given)).toMatchObject(refused);
    expect(await cli(['backup', '--verify'], { ...encrypting(), ...given })).toMatchObject(refused);
    expect(readdirSync(folder)).not.toContain('restored.sqlite');
    expect(backupsIn(out)).toEqual([made]);
  });

  it('is refused with another key, and says whose it is', async () => {
    const made = await backup();
    const other = await makeKeys('other');
    for (const args of [
      ['restore', made, '--into', restored()],
      ['backup', '--verify'],
    ]) {
      const ended = await cli(args, { ...encrypting(), ...opening(other.path) });
      expect(ended).toMatchObject({
        code: 78,
        stderr: expect.stringMatching(new RegExp(`BACKUP_KEY_WRONG[^]*${recipient}`)),
      });
      expect(ended.stdout + ended.stderr).not.toContain('AGE-SECRET-KEY');
    }
    expect(readdirSync(folder)).not.toContain('restored.sqlite');
    expect(backupsIn(out)).toEqual([made]);
  });

  it.each([
    ['AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQ', 'a recipient'],
    ['age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqq', 'a recipient'],
  ])('does not take %s for %s, and repeats none of it', async (text) => {
    const ended = await cli(['backup'], { BACKUP_AGE_RECIPIENTS: text });
    expect(ended).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('BACKUP_KEY_INVALID'),
    });
    expect(ended.stdout + ended.stderr).not.toContain(text);
  });

  it.each([
    ['has a line that is no key', 'AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQ\n'],
    ['is empty', '# nothing\n'],
  ])('does not take a file of keys that %s, and repeats none of it', async (_, text) => {
    const made = await backup();
    writeFileSync(keys, text);
    const ended = await cli(['restore', made, '--into', restored()], opening());
    expect(ended).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('BACKUP_KEY_INVALID'),
    });
    expect(ended.stdout + ended.stderr).not.toContain('SECRET-KEY-1Q');
  });

  it('refuses a flipped bit anywhere', async () => {
    const made = await backup();
    const path = join(made, 'primary.sqlite.age');
    const content = readFileSync(path);
    for (const part of [0, 0.3, 0.7, 1]) {
      const changed = Buffer.from(content);
      const at = Math.floor(part * (content.length - 1));
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      writeFileSync(path, changed);
      expect(await cli(['restore', made, '--into', restored()], opening())).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('BACKUP_INVALID'),
      });
    }
  });

  it('is compared with what it was before it was encrypted', async () => {
    const made = await backup();
    const { sha256: _, ...manifest } = manifestIn(made) as ReturnType<typeof manifestIn> & {
      readonly sha256: string;
    };
    const files = manifest.files.map((file) => ({
      ...file,
      encryption: file.encryption && { ...file.encryption, plain_sha256: '0'.repeat(64) },
    }));
    writeFileSync(join(made, 'manifest.json'), manifestText({ ...manifest, files }));
    expect(await cli(['restore', made, '--into', restored()], opening())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/BACKUP_INVALID[^]*once it is decrypted/),
    });
    expect(readdirSync(folder)).not.toContain('restored.sqlite');
  });
});
