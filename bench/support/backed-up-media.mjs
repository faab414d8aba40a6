import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './bench.mjs';
import { intoSqlite, resultPath } from './media-rows.mjs';
import { inherited } from './servers.mjs';
import { timed } from './timed.mjs';

/**
 * Most memory that a backup, its verification and a restore take, with so many files in the folder of the media store
 * and their rows in an SQLite file.
 * @param {string} folder a new one
 * @param {{ files: number, bytes: number }} counts files, and bytes of each
 * @returns {Promise<{ backup: import('./timed.mjs').Run, restore: import('./timed.mjs').Run }>}
 */
export async function backedUpMedia(folder, counts) {
  await mkdir(folder);
  const environment = settingsIn(folder, 'source');
  const program = join(root, 'dist/cli.js');
  execFileSync(process.execPath, [program, 'migrate', 'up'], {
    cwd: folder,
    env: { ...inherited(), ...environment },
    stdio: ['ignore', 'ignore', 2],
  });
  await fill(environment, counts);
  const out = join(folder, 'backups');
  const made = [program, 'backup', '--verify', '--out', out];
  const backup = await timed(process.execPath, made, environment, folder);
  const [id = ''] = (await readdir(out)).filter((name) => name.startsWith('holdfast-'));
  const other = settingsIn(folder, 'restored');
  const restored = [program, 'restore', join(out, id), '--into', other.SQLITE_PATH];
  const restore = await timed(process.execPath, restored, other, folder);
  await rm(folder, { recursive: true });
  return { backup, restore };
}

/**
 * @param {string} folder
 * @param {string} name
 */
function settingsIn(folder, name) {
  return {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    SQLITE_PATH: join(folder, `${name}.sqlite`),
    MEDIA_ENABLED: 'true',
    MEDIA_FILES: 'folder',
    MEDIA_ROOT: join(folder, name),
    LOG_FORMAT: 'json',
  };
}

/**
 * Results that are there, each of other bytes.
 * @param {{ SQLITE_PATH: string, MEDIA_ROOT: string }} environment
 * @param {{ files: number, bytes: number }} counts
 */
async function fill({ SQLITE_PATH, MEDIA_ROOT }, { files, bytes }) {
  await mkdir(join(MEDIA_ROOT, resultPath('')), { recursive: true });
  const { add, end } = intoSqlite(SQLITE_PATH);
  const content = randomBytes(bytes);
  for (let number = 0; number < files; number += 1) {
    content.writeUInt32BE(number);
    const id = randomUUID();
    await writeFile(join(MEDIA_ROOT, resultPath(id)), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    add([{ id, isOver: false, bytes, sha256 }]);
  }
  end();
}
