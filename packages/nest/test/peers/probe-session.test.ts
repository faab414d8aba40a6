import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from '@jest/globals';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { cleanup } from '../../../../test/support/cleanup.js';
import { startPooler } from '../../../../test/support/pgbouncer.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { poolSettings, postgresSettings } from '../../../../test/support/settings.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import { mountTmpfs } from '../../../../test/support/tmpfs.js';

const { later, temporaryFolder } = cleanup();

const SILENCE_MS = 300;
/** Longer than a test may take. */
const NEVER_MS = 600_000;

async function postgresSession(url: string, silenceMs = SILENCE_MS) {
  const session = await openSession(postgresSettings(url), poolSettings(), 'probe', silenceMs);
  later(() => {
    session.destroy();
  });
  return session;
}

async function ownDatabase() {
  const database = await createDatabase();
  later(() => database.drop());
  return database;
}

describe('the heartbeat of a PostgreSQL session', () => {
  it('is answered by the server, and is no statement', async () => {
    const database = await ownDatabase();
    const { url } = database;
    const proxy = await startProxy({ port: Number(new URL(url).port) });
    later(() => proxy.close());
    const session = await postgresSession(through(proxy, url));
    await session.inspect();
    const began = () =>
      database.query<{ query_start: Date; state_change: Date }>(
        `SELECT query_start, state_change FROM pg_stat_activity
          WHERE application_name = 'holdfast-test probe' AND datname = current_database()`,
      );
    const before = await began();
    expect(before).toHaveLength(1);
    const roundTrips = proxy.roundTrips();
    for (let beat = 0; beat < 5; beat += 1) await session.ping();
    expect(proxy.roundTrips()).toBe(roundTrips + 5);
    expect((await began())[0]?.query_start).toEqual(before[0]?.query_start);
    expect(await session.inspect()).toMatchObject({ prepared: false });
  });

  it('fails with the connection', async () => {
    const database = await ownDatabase();
    const session = await postgresSession(database.url);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'holdfast-test probe' AND datname = current_database()`,
    );
    await expect(session.ping()).rejects.toThrow();
    await expect(session.ping()).rejects.toThrow();
  });

  it('goes through PgBouncer in transaction mode, as often as one likes', async () => {
    const { url } = await ownDatabase();
    const pooler = await startPooler(url, 'transaction');
    later(() => pooler.stop());
    const session = await postgresSession(pooler.url);
    for (let turn = 0; turn < 20; turn += 1) {
      await session.ping();
      expect(await session.inspect()).toMatchObject({ readOnly: false });
      await session.ping();
    }
  });
});

describe('a log-in', () => {
  /** A server that says something after each pause, but never lets anybody in. */
  async function server(pauseMs: number | undefined): Promise<string> {
    const sockets = new Set<Socket>();
    const listener = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (pauseMs === undefined) return;
      const notice = Buffer.from('N\0\0\0\x05\0', 'latin1');
      const timer = setInterval(() => socket.write(notice), pauseMs);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    later(() => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    });
    return `postgresql://user:password@127.0.0.1:${(listener.address() as { port: number }).port}/db`;
  }

  it('is given up when the server is silent', async () => {
    const silent = { ...postgresSettings(await server(undefined)), connectTimeoutMs: NEVER_MS };
    await expect(openSession(silent, poolSettings(), 'probe', SILENCE_MS)).rejects.toThrow(
      'timeout expired',
    );
  });

  it('goes on while the server says something, as long as connecting may take', async () => {
    const slow = { ...postgresSettings(await server(100)), connectTimeoutMs: 1200 };
    const started = performance.now();
    await expect(openSession(slow, poolSettings(), 'probe', SILENCE_MS)).rejects.toThrow();
    expect(performance.now() - started).toBeGreaterThan(1100);
  });
});

describe('a session on an SQLite file', () => {
  function prepared(folder: string) {
    const path = join(folder, 'probe.sqlite');
    const other = new Sqlite(path);
    later(() => other.close());
    other.pragma('journal_mode = WAL');
    other.exec('CREATE TABLE holdfast_write_probe (written_at TEXT)');
    return { path, other };
  }

  async function sqliteSession(path: string) {
    const settings = { name: 'primary', type: 'sqlite', stores: ['dpm'], path } as const;
    const session = await openSession(settings, poolSettings({ lockTimeoutMs: 0 }), 'probe');
    later(() => {
      session.destroy();
    });
    return session;
  }

  it('waits for the write lock without stopping the process', async () => {
    const { path, other } = prepared(temporaryFolder());
    const session = await sqliteSession(path);
    other.exec('BEGIN IMMEDIATE');
    let isWritten = false;
    const written = session.probeWrite().then(() => (isWritten = true));
    await wait(50);
    expect(isWritten).toBe(false);
    other.exec('COMMIT');
    expect(await written).toBe(true);
    expect(other.prepare('SELECT * FROM holdfast_write_probe').all()).toEqual([]);
  });

  it('stops waiting for the write lock when it is destroyed', async () => {
    const { path, other } = prepared(temporaryFolder());
    const session = await sqliteSession(path);
    other.exec('BEGIN IMMEDIATE');
    const written = session.probeWrite();
    await wait(20);
    session.destroy();
    await expect(written).rejects.toThrow();
    other.exec('ROLLBACK');
  });

  it('cannot be written to while its file system is full', async () => {
    const disk = mountTmpfs(2);
    later(() => {
      disk.remove();
    });
    const { path } = prepared(disk.folder);
    const session = await sqliteSession(path);
    expect(await session.inspect()).toMatchObject({ readOnly: false });
    disk.fill();
    expect(await session.inspect()).toMatchObject({ readOnly: true });
    disk.free();
    expect(await session.inspect()).toMatchObject({ readOnly: false });
  });
});
