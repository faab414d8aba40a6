import { expect, it } from '@jest/globals';
import { FOLLOWED, FOLLOWED_SCHEMA } from '../postgres/followed-statements.js';
import { ForetoldDatabase, rulesOf } from '../postgres/foretold.js';

/** The server has taken the statement, and waits for rows that are not sent. */
const NO_ROWS = '57014';

const database = new ForetoldDatabase(FOLLOWED_SCHEMA);

it.each(FOLLOWED)('foretells what the server makes of: %s', async (sql) => {
  const found = await database.said(sql);
  const codes = await database.run(sql);
  expect(found.map((each) => rulesOf(each, 'WILL FAIL').length > 0)).toEqual(
    codes.map((code) => code !== undefined && code !== NO_ROWS),
  );
});
