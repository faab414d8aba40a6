import { expect, it } from '@jest/globals';
import { withoutContent } from '../../src/backup/tools/run-tool.js';

const ERROR = 'pg_restore: error: could not execute query: ERROR:  must be superuser';

it.each([
  [
    'a command, in its lines',
    `${ERROR}\nCommand was: CREATE SUBSCRIPTION far CONNECTION 'password=marzipan'\n PUBLICATION one;\n\n`,
    `${ERROR}\nat CREATE SUBSCRIPTION far`,
  ],
  [
    'a command behind its own name',
    `${ERROR}\npg_restore: detail: Command was: CREATE USER MAPPING FOR "odd name" SERVER s OPTIONS (password 'marzipan');`,
    `${ERROR}\nat CREATE USER MAPPING FOR "odd name"`,
  ],
  [
    'a row',
    'pg_restore: error: COPY failed for table "t": ERROR:  new row violates check "c"\nDETAIL:  Failing row contains (marzipan).\nCONTEXT:  COPY t, line 1: "marzipan"',
    'pg_restore: error: COPY failed for table "t": ERROR:  new row violates check "c"',
  ],
  [
    'a query',
    'pg_dump: error: query failed: ERROR:  permission denied\npg_dump: detail: Query was: SELECT marzipan\nHINT:  Grant it.',
    'pg_dump: error: query failed: ERROR:  permission denied\nHINT:  Grant it.',
  ],
  ['nothing', '', ''],
])('leaves out %s', (_, said, told) => {
  expect(withoutContent(said)).toBe(told);
});
