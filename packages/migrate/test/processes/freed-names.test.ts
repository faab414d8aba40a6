import { describe, expect, it } from '@jest/globals';
import { ForetoldDatabase, rulesOf } from '../postgres/foretold.js';
import { FREED_FAILING, FREED_PASSING, FREED_SCHEMA } from '../postgres/freed-names.js';

const database = new ForetoldDatabase(FREED_SCHEMA);

describe('what goes with what is dropped is not there any more', () => {
  it.each(FREED_PASSING)('%s', async (sql) => {
    await database.expectToPass(sql);
  });

  it.each(FREED_FAILING)('%s: %s', async (sql, rule) => {
    await database.expectToFail(sql, rule);
  });
});

describe('a temporary table', () => {
  it("is nobody else's: to drop it breaks and destroys nothing", async () => {
    const found = await database.said('CREATE TEMP TABLE plain (k text); DROP TABLE plain');
    expect(found.flat()).toEqual([]);
  });

  it('is not taken to be there in the next migration, nor not to be', async () => {
    const found = await database.said(
      'CREATE TEMP TABLE plain (k text); CREATE TEMP TABLE fresh (k text)',
      'SELECT k FROM plain; INSERT INTO plain (note) VALUES (1); SELECT k FROM fresh',
    );
    expect(found.map((each) => rulesOf(each, 'WILL FAIL')).flat()).toEqual([]);
  });
});
