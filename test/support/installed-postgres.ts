import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serverFolder } from '@holdfast/testing/cluster';
import {
  launchServer,
  type PostgresServer,
  serverUser,
  SUPERUSER_PASSWORD,
} from './postgres-server.js';

/**
 * A server of the PostgreSQL that is installed on the machine, of the version of its pg_dump: that one dumps
 * no newer server, and npm brings none.
 */
export async function startInstalledServer(): Promise<PostgresServer> {
  const folder = await serverFolder();
  await chmod(folder, 0o711);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, SUPERUSER_PASSWORD);
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) {
    for (const path of [data, passwordFile]) chownSync(path, uid, gid);
  }
  const options = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--no-sync'];
  execFileSync(programOf('initdb'), [...options, `--pwfile=${passwordFile}`], {
    stdio: 'pipe',
    cwd: data,
    ...serverUser(),
  });
  const remove = () => rm(folder, { recursive: true, force: true });
  return launchServer(data, remove, programOf('postgres'));
}

/** Debian has the server's programs where nobody looks. */
function programOf(name: string): string {
  const [major = ''] =
    /\d+/.exec(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' })) ?? [];
  const debian = join('/usr/lib/postgresql', major, 'bin', name);
  return existsSync(debian) ? debian : name;
}
