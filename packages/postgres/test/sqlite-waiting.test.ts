import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { openDatabase } from '../src/database/open-database.js';
import { settingsFor } from '../../../test/support/backends.js';
import { cleanup } from '../../../test/support/cleanup.js';

const { later, temporaryFolder } = cleanup();

/** A database, and another connection to its file. */
async function open(environment: Readonly<Record<string, string>> = {}) {
  const path = join(temporaryFolder(), 'waiting.sqlite');
  const settings = settingsFor({ SQLITE_PATH: path, ...environment });
  const [database] = settings.databases;
  if (!database) throw new Error('the settings name no database');
  const { sql, close } = await openDatabase(database, settings, pino({ level: 'silent' }));
  later(close);
  const other = new Sqlite(path);
  later(() => other.close());
  other.exec('CREATE TABLE notes (text TEXT)');
  return { sql, other };
}

describe('a write while another connection has the write lock', () => {
  it('waits for it without stopping this process, time and again', async () => {
    const { sql, other } = await open();
    for (const turn of ['1', '2', '3']) {
      other.exec(`BEGIN IMMEDIATE; INSERT INTO notes VALUES ('other ${turn}')`);
      const written = sql.transaction((each) => each.run(`INSERT INTO notes VALUES ('own')`));
      const alone = sql.write<{ text: string }>(`INSERT INTO notes VALUES ('own') RETURNING text`);
      // The lock is let go by this process: one that waited as a whole would never get there.
      for (let turns = 0; turns < 20; turns += 1) await nextTurn();
      other.exec('COMMIT');
      expect(await Promise.all([written, alone])).toEqual([1, [{ text: 'own' }]]);
    }
    const texts = other.prepare<[], string>('SELECT text FROM notes').pluck().all();
    expect(texts).toEqual(['1', '2', '3'].flatMap((turn) => [`other ${turn}`, 'own', 'own']));
  });

  it('waits without a bound where there is none', async () => {
    const { sql, other } = await open({ DB_LOCK_TIMEOUT_MS: '0' });
    other.exec('BEGIN IMMEDIATE');
    const written = sql.transaction((each) => each.run(`INSERT INTO notes VALUES ('own')`));
    await nextTurn();
    other.exec('COMMIT');
    expect(await written).toBe(1);
  });

  it('gives up after DB_LOCK_TIMEOUT_MS, and works again when the lock is free', async () => {
    const { sql, other } = await open({ DB_LOCK_TIMEOUT_MS: '30' });
    const write = () => sql.transaction((each) => each.run(`INSERT INTO notes VALUES ('own')`));
    other.exec('BEGIN IMMEDIATE');
    await expect(write()).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    expect(await sql.read((each) => each.rows('SELECT text FROM notes'))).toEqual([]);
    other.exec('COMMIT');
    expect(await write()).toBe(1);
  });
});
