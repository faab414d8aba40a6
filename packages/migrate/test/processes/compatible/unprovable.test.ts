import { describe, expect, it } from '@jest/globals';
import { ReasonError } from '@holdfast/core/reasons';
import { refuseUnprovable } from '../../../src/postgres/compatible/refuse-unprovable.js';
import { statementsOf } from '../../../src/postgres/parser/statements.js';

/** What is said of a migration; undefined where it may be tried. */
async function refusal(sql: string, backwardCompatible = true): Promise<string | undefined> {
  const migration = {
    ...{ store: 'trial', version: '0002', name: 'change_it', sql, checksum: '' },
    ...{ transactional: true, backwardCompatible },
  };
  const ask = () => Promise.reject(new Error('nothing has to be asked'));
  try {
    await refuseUnprovable(ask, migration, await statementsOf(migration));
    return undefined;
  } catch (error) {
    if (error instanceof ReasonError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('a migration that sets what connections begin with', () => {
  it.each([
    'ALTER DATABASE holdfast SET default_transaction_read_only = on',
    'ALTER DATABASE holdfast RESET ALL',
    "ALTER ROLE app SET search_path = 'elsewhere'",
    "ALTER ROLE ALL IN DATABASE holdfast SET statement_timeout = '1ms'",
  ])('cannot be proved: %s', async (sql) => {
    const said = await refusal(`SELECT 1;\n${sql}`);
    expect(said).toContain('MIGRATION_NOT_COMPATIBLE:trial:0002: trial 0002_change_it says');
    expect(said).toContain('line 2 sets what connections begin with');
  });

  it('needs no proof without the mark', async () => {
    expect(await refusal('ALTER DATABASE holdfast RESET ALL', false)).toBeUndefined();
  });

  it.each(['TRUNCATE one', 'TRUNCATE TABLE ONLY one, two RESTART IDENTITY CASCADE'])(
    'or empties a table cannot be proved: %s',
    async (sql) => {
      const said = await refusal(`SELECT 1;\n\n${sql}`);
      expect(said).toContain('MIGRATION_NOT_COMPATIBLE:trial:0002');
      expect(said).toContain('line 3 empties a table');
      expect(await refusal(sql, false)).toBeUndefined();
    },
  );

  it.each(['SET LOCAL work_mem = 1000', 'ALTER TABLE one ADD COLUMN more text'])(
    'is none that says %s',
    async (sql) => {
      expect(await refusal(sql)).toBeUndefined();
    },
  );
});
