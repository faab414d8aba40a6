import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from '@holdfast/testing/cluster';

/** A Redis that is not what the service needs. */
export interface RedisShape {
  readonly port: number;
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/** Without a password. @param args of `redis-server`, beyond its port and folder */
export async function startShape(args: readonly string[], folder?: string): Promise<RedisShape> {
  const port = await freePort();
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'holdfast-redis-')));
  const file = join(place, 'redis.conf');
  await writeFile(file, `port ${port}\ndir ${place}\n`);
  const server = spawn('redis-server', [file, '--save', '', ...args], { stdio: 'ignore' });
  const ended = once(server, 'close');
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });
  return {
    port,
    folder: place,
    remove: async () => {
      server.kill('SIGKILL');
      await ended;
      if (!folder) await rm(place, { recursive: true, force: true });
    },
  };
}

/** A connection to change a server by; it is let in before the change, and stays. */
export async function administer(port: number, password?: string): Promise<Redis> {
  const admin = new Redis({
    port,
    host: '127.0.0.1',
    ...(password !== undefined && { password }),
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  admin.on('error', () => undefined);
  await admin.connect();
  await admin.call('CLIENT', 'ID');
  return admin;
}
