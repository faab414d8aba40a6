import { describe, expect, it } from '@jest/globals';
import { ForetoldDatabase, rulesOf } from '../postgres/foretold.js';
import {
  REFUSED_SCHEMA,
  REFUSED_STATEMENTS,
  TAKEN_STATEMENTS,
} from '../postgres/refused-statements.js';

const database = new ForetoldDatabase(REFUSED_SCHEMA);

describe('what the server refuses', () => {
  it.each(REFUSED_STATEMENTS)('%s: %s', async (sql, rule) => {
    await database.expectToFail(sql, rule);
  });

  it.each(TAKEN_STATEMENTS)('%s: is taken', async (sql) => {
    await database.expectToPass(sql);
  });

  it('a partition beside a default one is not detached CONCURRENTLY', async () => {
    const sql = 'ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY';
    await expect(database.query(sql)).rejects.toMatchObject({ code: '55000' });
    const found = await database.said(sql);
    expect(rulesOf(found.flat(), 'WILL FAIL')).toEqual(['default-partition']);
  });
});
