import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { proposalsIn, steadyWrites, type Write } from '../support/steady-writes.js';

const { later, temporaryFolder } = cleanup();

const LOG_HEADER = 32;
const FRAME = 24 + 4096;

/** Writes into the file as it is, without cutting it. */
function overwrite(path: string, bytes: Buffer, position: number): void {
  const descriptor = openSync(path, 'r+');
  try {
    writeSync(descriptor, bytes, 0, bytes.length, position);
  } finally {
    closeSync(descriptor);
  }
}

const sizeOf = (path: string) => statSync(path).size;
const log = (path: string) => `${path}-wal`;
/** Offset of `mxFrame` in the log's index, in the order of bytes of this machine. */
const LAST_FRAME_AT = 16;

/** How many frames the log has that count, some at least: behind those are what it held before it began anew. */
function framesInUse(path: string): number {
  for (;;) {
    const index = readFileSync(`${path}-shm`);
    const frames = new Uint32Array(index.buffer, index.byteOffset + LAST_FRAME_AT, 1)[0] ?? 0;
    if (frames > 20) return frames;
  }
}

const zeros = (length: number) => Buffer.alloc(length);
/** Bytes of a database that has tables of its own, with its log where it has one. */
function otherDatabase(path: string, leastBytes: number): string {
  const other = `${path}.other`;
  if (existsSync(other)) return other;
  const connection = new Sqlite(other);
  connection.pragma('journal_mode = WAL');
  connection.exec('CREATE TABLE notes (text TEXT)');
  const insert = connection.prepare('INSERT INTO notes VALUES (?)');
  while (sizeOf(other) < leastBytes) {
    insert.run('x'.repeat(100_000));
    connection.pragma('wal_checkpoint(TRUNCATE)');
  }
  // The log of one that is closed is gone.
  connection.exec(`INSERT INTO notes VALUES ('y')`);
  later(() => connection.close());
  return other;
}

/** Of a log: behind them are frames of before it was begun anew, which nobody misses. */
function bytesInUse(path: string): number {
  return LOG_HEADER + framesInUse(path) * FRAME;
}

/** Every one writes over a file that is open, in place: device and inode stay. */
const FAULTS: Readonly<Record<string, (path: string) => void>> = {
  'whose log is cut to nothing': (path) => {
    truncateSync(log(path));
  },
  'whose log is halved': (path) => {
    truncateSync(log(path), Math.floor(bytesInUse(path) / 2));
  },
  'whose log is cut to its header': (path) => {
    truncateSync(log(path), LOG_HEADER);
  },
  'whose log loses its last byte': (path) => {
    truncateSync(log(path), bytesInUse(path) - 1);
  },
  'whose log is cut and grown again': (path) => {
    const size = sizeOf(log(path));
    truncateSync(log(path));
    truncateSync(log(path), size);
  },
  'whose log is zeroed in place': (path) => {
    overwrite(log(path), zeros(sizeOf(log(path))), 0);
  },
  "whose log's header is zeroed": (path) => {
    overwrite(log(path), zeros(LOG_HEADER), 0);
  },
  "whose log's second half is zeroed": (path) => {
    const half = LOG_HEADER + Math.floor(framesInUse(path) / 2) * FRAME;
    overwrite(log(path), zeros(sizeOf(log(path)) - half), half);
  },
  'whose log is zeroed behind its header': (path) => {
    overwrite(log(path), zeros(sizeOf(log(path)) - LOG_HEADER), LOG_HEADER);
  },
  'whose log is overwritten by noise': (path) => {
    overwrite(log(path), randomBytes(sizeOf(log(path))), 0);
  },
  'whose log is overwritten by that of another database': (path) => {
    overwrite(log(path), readFileSync(log(otherDatabase(path, 0))), 0);
  },
  'whose header is zeroed': (path) => {
    overwrite(path, zeros(100), 0);
  },
  'whose header is noise': (path) => {
    overwrite(path, randomBytes(100), 0);
  },
  'whose magic has another byte': (path) => {
    overwrite(path, Buffer.from('T'), 0);
  },
  'that is zeroed in place': (path) => {
    overwrite(path, zeros(sizeOf(path)), 0);
  },
  'that is overwritten by text of its size': (path) => {
    writeFileSync(path, 'no database '.repeat(sizeOf(path)), { flag: 'r+' });
  },
  'that is overwritten by another database of its size or more': (path) => {
    const other = readFileSync(otherDatabase(path, sizeOf(path)));
    overwrite(path, other, 0);
  },
  'that is written anew with another database, its log cut': (path) => {
    writeFileSync(path, readFileSync(otherDatabase(path, sizeOf(path) + 1)));
    truncateSync(log(path));
  },
  'that gets an earlier copy, with its log, back in place': (path) => {
    writeFileSync(path, readFileSync(`${path}.earlier`));
    writeFileSync(log(path), readFileSync(`${path}.earlier-wal`));
  },
};

const readiness = async ({ url }: Service) => {
  const ready = await fetch(`${url}/health/ready`);
  return { status: ready.status, text: await ready.text() };
};

/** Kills the service. @returns writes that were acknowledged, but are not found by whoever comes next */
async function missing(
  service: Service,
  path: string,
  writes: readonly Write[],
): Promise<readonly Write[]> {
  await service.stop('SIGKILL');
  const acknowledged = writes.filter(({ status }) => status === 201);
  if (acknowledged.length === 0) return [];
  const found = new Set(proposalsIn(path));
  return acknowledged.filter(({ id }) => !found.has(id));
}

async function startedUnderLoad() {
  const path = join(temporaryFolder(), 'holdfast.sqlite');
  const service = await startService({ SQLITE_PATH: path });
  later(() => service.stop('SIGKILL'));
  const load = steadyWrites(service);
  await eventually(() => {
    expect(load.writes.length).toBeGreaterThan(20);
  });
  copyFileSync(path, `${path}.earlier`);
  copyFileSync(log(path), `${path}.earlier-wal`);
  await wait(50 + Math.random() * 200);
  return { path, service, ...load };
}

it.each(Object.entries(FAULTS))(
  'a file %s under load takes no write that a restart does not find',
  async (_, fault) => {
    const { path, service, writes, end } = await startedUnderLoad();
    fault(path);
    const faultAt = performance.now();
    await eventually(async () => {
      expect(await readiness(service)).toEqual({
        status: 503,
        text: expect.stringContaining('SQLITE_FILE_REPLACED') as unknown,
      });
    });
    await wait(200);
    await end();
    const afterwards = writes.filter(({ sentAt }) => sentAt > faultAt);
    expect(afterwards.length).toBeGreaterThan(0);
    expect(afterwards.filter(({ code }) => code !== 'SQLITE_FILE_REPLACED')).toEqual([]);
    expect((await fetch(`${service.url}/rebalance/proposals`)).status).toBe(503);
    expect(await missing(service, path, afterwards)).toEqual([]);
  },
);

/** What lies in the middle is read again at once where no write is under way, and soon otherwise. */
const IN_THE_MIDDLE: Readonly<Record<string, (path: string) => void>> = {
  'frames of its log': (path) => {
    overwrite(log(path), randomBytes(2 * FRAME), LOG_HEADER + 3 * FRAME);
  },
  'a byte of a frame of its log': (path) => {
    overwrite(log(path), Buffer.from([0xff]), LOG_HEADER + 5 * FRAME + 2000);
  },
  'pages of it': (path) => {
    overwrite(path, randomBytes(sizeOf(path) - 4096), 4096);
  },
};

it.each(Object.entries(IN_THE_MIDDLE))(
  'a write that is sent after %s were overwritten is not acknowledged',
  async (_, fault) => {
    const { path, service, end } = await startedUnderLoad();
    await end();
    fault(path);
    const late = steadyWrites(service);
    await wait(300);
    await late.end();
    expect(late.writes.length).toBeGreaterThan(0);
    expect(late.writes.filter(({ code }) => code !== 'SQLITE_FILE_REPLACED')).toEqual([]);
    expect(await readiness(service)).toMatchObject({ status: 503 });
  },
);

it('a service that stops writes nothing of a log that was written over into the file', async () => {
  const { path, service, end } = await startedUnderLoad();
  await end();
  const connection = new Sqlite(path);
  connection.pragma('wal_checkpoint(PASSIVE)');
  connection.close();
  const late = steadyWrites(service);
  await wait(100);
  await late.end();
  const before = readFileSync(path);
  overwrite(log(path), zeros(sizeOf(log(path)) - LOG_HEADER), LOG_HEADER);
  await eventually(async () => {
    expect(await readiness(service)).toMatchObject({ status: 503 });
  });
  expect(await service.stop()).toMatchObject({ code: 0 });
  expect(readFileSync(path).equals(before)).toBe(true);
});

/** What other programs may do with a file that is open. */
const BY_RIGHT: Readonly<Record<string, (connection: Sqlite.Database, path: string) => void>> = {
  'checkpoints of all kinds': (connection) => {
    for (const kind of ['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'])
      connection.pragma(`wal_checkpoint(${kind})`);
  },
  'VACUUM INTO': (connection, path) => {
    connection.exec(`VACUUM INTO '${path}.${randomBytes(4).toString('hex')}'`);
  },
  'another table and its rows, then a checkpoint': (connection) => {
    connection.exec('CREATE TABLE IF NOT EXISTS notes (text TEXT)');
    for (let no = 0; no < 20; no += 1) connection.exec(`INSERT INTO notes VALUES ('${no}')`);
    connection.pragma('wal_checkpoint(TRUNCATE)');
  },
  'a transaction of many pages that is rolled back': (connection) => {
    connection.pragma('cache_size = 5');
    connection.exec(`BEGIN IMMEDIATE; CREATE TABLE many (text TEXT);
      INSERT INTO many SELECT hex(randomblob(2000)) 
        FROM (SELECT 1 FROM sqlite_schema AS one, sqlite_schema AS two LIMIT 100); ROLLBACK`);
  },
  'another journal mode, in vain': (connection) => {
    connection.pragma('journal_mode = DELETE');
  },
  'a time of its own for the files': (_, path) => {
    utimesSync(path, new Date(), new Date());
    utimesSync(log(path), new Date(), new Date());
  },
};

/** Whoever has the file may have it for a moment longer. */
function insofar(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!/locked|busy/.test(String(error))) throw error;
  }
}

it.each(Object.entries(BY_RIGHT))(
  '%s of another program are no fault, and every write is found',
  async (_, work) => {
    const { path, service, writes, end } = await startedUnderLoad();
    for (let round = 0; round < 10; round += 1) {
      const connection = new Sqlite(path, { timeout: 2000 });
      insofar(() => {
        work(connection, path);
      });
      await wait(20);
      connection.close();
    }
    await wait(1100);
    expect(await readiness(service)).toMatchObject({ status: 200 });
    await end();
    expect(writes.filter(({ status }) => status !== 201)).toEqual([]);
    expect(await missing(service, path, writes)).toEqual([]);
  },
);

/** Ends what hangs: a busy machine writes ten a second. */
const WRITTEN_WITHIN_MS = 360_000;

it(
  'thousands of writes, with the checkpoints of the service itself, are no fault',
  async () => {
    const { path, service, writes, end } = await startedUnderLoad();
    await eventually(() => {
      expect(writes.length).toBeGreaterThan(2000);
    }, WRITTEN_WITHIN_MS - 60_000);
    await end();
    expect(writes.filter(({ status }) => status !== 201)).toEqual([]);
    expect(await missing(service, path, writes)).toEqual([]);
  },
  WRITTEN_WITHIN_MS,
);
