import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { currentReader, type Reader } from '../../src/replicas/reader.js';
import type { Replica } from '../../src/replicas/replica.js';
import { ReplicatedDatabase } from '../../src/replicas/replicated-database.js';
import type { Replication } from '../../src/replicas/replication.js';
import type { SqlDatabase } from '../../src/database/sql-database.js';
import { ReasonError } from '@holdfast/core/reasons';

const WORK = () => Promise.resolve('unused');

function readerOf(): Reader {
  return { writtenAt: -Infinity, writtenAtClock: -Infinity };
}

/** A database with one replica, which fails with the error when there is one. */
function replicated(error?: Error) {
  const log: string[] = [];
  const replica = {
    isHealthy: true,
    read: () => {
      log.push('replica');
      return error === undefined ? Promise.resolve('replica') : Promise.reject(error);
    },
    fail: (code: string) => {
      replica.isHealthy = false;
      log.push(code);
    },
  };
  const answer = (name: string) => () => {
    log.push(name);
    return Promise.resolve(name);
  };
  const primary = {
    read: answer('primary'),
    write: answer('write'),
    transaction: answer('transaction'),
  };
  const choices = { count: 0, of: replica as unknown as Replica | undefined };
  const replication = {
    choose: () => {
      choices.count += 1;
      return choices.of;
    },
  } as unknown as Replication;
  const dataSource = {} as unknown as DataSource;
  const database = new ReplicatedDatabase(
    primary as unknown as SqlDatabase,
    dataSource,
    replication,
  );
  return { database, replica, choices, log };
}

describe('a replicated database', () => {
  it('reads from the primary where nobody is being served', async () => {
    const { database, choices } = replicated();
    expect(await database.readStale(WORK)).toBe('primary');
    expect(choices.count).toBe(0);
  });

  it('reads what may be stale from a replica, and all else from the primary', async () => {
    const { database, log } = replicated();
    await currentReader.run(readerOf(), async () => {
      await database.readStale(WORK);
      await database.read(WORK);
      await database.write('');
      await database.transaction(WORK);
    });
    expect(log).toEqual(['replica', 'primary', 'write', 'transaction']);
  });

  it('serves a whole request from where it began', async () => {
    const { database, choices } = replicated();
    const reader = readerOf();
    await currentReader.run(reader, async () => {
      expect(await database.readStale(WORK)).toBe('replica');
      choices.of = undefined;
      expect(await Promise.all([database.readStale(WORK), database.readStale(WORK)])).toEqual([
        'replica',
        'replica',
      ]);
    });
    expect(choices.count).toBe(1);
  });

  it('never goes from the primary to a replica within a request', async () => {
    const { database, choices } = replicated();
    await currentReader.run(readerOf(), async () => {
      await database.read(WORK);
      expect(await database.readStale(WORK)).toBe('primary');
    });
    await currentReader.run(readerOf(), async () => {
      const replica = choices.of;
      choices.of = undefined;
      expect(await database.readStale(WORK)).toBe('primary');
      choices.of = replica;
      expect(await database.readStale(WORK)).toBe('primary');
    });
  });

  it('leaves a replica that is not trusted any more', async () => {
    const { database, replica } = replicated();
    await currentReader.run(readerOf(), async () => {
      await database.readStale(WORK);
      replica.isHealthy = false;
      expect(await database.readStale(WORK)).toBe('primary');
    });
  });

  const lost = (code: string) => Object.assign(new Error('driver'), { code });

  it.each([
    ['the connection breaks', lost('ECONNRESET')],
    ['the server shuts down', lost('57P01')],
    ['nothing answers there', new ReasonError('POSTGRES_UNREACHABLE')],
  ])('repeats a read on the primary, and tells the replica, when %s', async (_, error) => {
    const { database, log } = replicated(error);
    await currentReader.run(readerOf(), async () => {
      expect(await database.readStale(WORK)).toBe('primary');
      expect(await database.readStale(WORK)).toBe('primary');
    });
    expect(log).toEqual(['replica', 'REPLICA_UNREACHABLE', 'primary', 'primary']);
  });

  it.each([
    ['a conflict with what it replays', '40001'],
    ['a table that it does not have yet', '42P01'],
  ])('repeats a read on the primary, and trusts the replica, after %s', async (_, code) => {
    const { database, log } = replicated(lost(code));
    await currentReader.run(readerOf(), async () => {
      expect(await database.readStale(WORK)).toBe('primary');
    });
    expect(log).toEqual(['replica', 'primary']);
  });

  it.each([
    ['has taken too long', lost('57014')],
    ['has waited too long', new ReasonError('POOL_TIMEOUT')],
  ])('does not repeat a read that %s', async (_, error) => {
    const { database, log } = replicated(error);
    await currentReader.run(readerOf(), async () => {
      await expect(database.readStale(WORK)).rejects.toBe(error);
    });
    expect(log).toEqual(['replica']);
  });
});
