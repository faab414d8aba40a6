import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AnyDatabase, anyDatabase, writeDatabase } from '../support/any-database.js';
import { cleanup } from '../support/cleanup.js';
import { copy } from '../support/copy.js';
import { createDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

const RUNS = Number(process.env.COPY_PROPERTY_RUNS ?? 40);
const SEED = Number(process.env.COPY_PROPERTY_SEED ?? 1_768_329_432);

/** A line of what takes longer than two seconds. */
const PROGRESS = /^.+: \d+ of \d+ rows, \d+\.\d MB; all tables: .+\n/gm;

it(`whatever a database holds, what is copied and what is rejected are the source (seed ${SEED})`, async () => {
  const target = await createDatabase();
  later(() => target.drop());
  const folder = temporaryFolder();
  let run = 0;
  const check = async (database: AnyDatabase) => {
    run += 1;
    const path = join(folder, `${run}.db`);
    const rejects = join(folder, `${run}.rejects`);
    const schema = `run_${run}`;
    writeDatabase(path, database);
    await target.query(`CREATE SCHEMA ${schema}`);
    for (const { targetSql } of database.tables)
      if (targetSql !== undefined) await target.query(`SET search_path = ${schema}; ${targetSql}`);
    const args = ['--schema', schema, '--on-reject', 'list', '--rejects', rejects];
    const { code, stderr } = await copy(path, target.url, args);
    expect({ code, stderr: stderr.replaceAll(PROGRESS, '') }).toEqual({ code: 0, stderr: '' });
    if (!existsSync(rejects)) writeFileSync(rejects, '');
    const compared = execFileSync(
      'python3',
      ['test/support/compare-rows.py', path, target.url, schema, rejects],
      { encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    expect(JSON.parse(compared)).toEqual([]);
    await target.query(`DROP SCHEMA ${schema} CASCADE`);
  };
  await fc.assert(fc.asyncProperty(anyDatabase, check), {
    numRuns: RUNS,
    seed: SEED,
    // Each run takes a second; a seed that fails can be shrunk by hand.
    endOnFailure: process.env.COPY_PROPERTY_SEED === undefined,
    interruptAfterTimeLimit: 540_000,
    markInterruptAsFailure: false,
  });
}, 600_000);
