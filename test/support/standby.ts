import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  launchServer,
  type PostgresServer,
  serverUser,
  SUPERUSER_PASSWORD,
} from './postgres-server.js';

/**
 * A streaming standby of a running server, by a copy of its files between `pg_backup_start` and
 * `pg_backup_stop`: the package of the server ships no `pg_basebackup`.
 * @param name as the primary's `synchronous_standby_names` and `pg_stat_replication` know it
 */
export async function startStandby(
  primary: { readonly url: string; readonly port: number },
  name = 'standby',
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-standby-'));
  await chmod(folder, 0o711);
  const data = join(folder, 'data');
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    await client.query("SELECT pg_backup_start('standby', true)");
    copyLiveFiles(rows[0]?.data_directory ?? '', data);
    const stopped = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(false)',
    );
    rmSync(join(data, 'postmaster.pid'), { force: true });
    const label = stopped.rows[0]?.labelfile ?? '';
    for (const [file, text] of [
      ['backup_label', label],
      ['standby.signal', ''],
    ] as const) {
      writeFileSync(join(data, file), text);
      const { uid, gid } = serverUser();
      if (uid !== undefined && gid !== undefined) chownSync(join(data, file), uid, gid);
    }
    const source = `host=127.0.0.1 port=${primary.port} user=postgres password=${SUPERUSER_PASSWORD} application_name=${name}`;
    appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
  } finally {
    await client.end();
  }
  return launchServer(data, () => rm(folder, { recursive: true, force: true }));
}

/** Files may vanish while they are copied; the write-ahead log makes up for what changes. */
function copyLiveFiles(from: string, to: string): void {
  try {
    execFileSync('cp', ['-a', from, to], { stdio: 'pipe' });
  } catch (error) {
    const message = (error as { stderr?: Buffer }).stderr?.toString() ?? '';
    const others = message.split('\n').filter((line) => !/^$|No such file or directory/.test(line));
    if (others.length > 0) throw error;
  }
}
