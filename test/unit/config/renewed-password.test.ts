import { expect, it } from '@jest/globals';
import type { Dsn } from '@holdfast/guard/dsn';
import { judgeDsn } from '@holdfast/guard/dsn';
import { currentPassword, onMoved, renewing } from '@holdfast/guard/renewed-password';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { Masked } from '../../../src/proof/masked.js';
import { postgresSettings } from '../../support/settings.js';

function dsnOf(url: string): Dsn {
  const verdict = judgeDsn(url);
  if (!('dsn' in verdict)) throw new Error(verdict.faults[0].message);
  return verdict.dsn;
}

/** A connection string out of a file that the test rewrites. */
function fromFile(first: string) {
  const file = { text: first };
  const dsn = renewing(dsnOf(first), () => Promise.resolve(dsnOf(file.text)));
  return { dsn, file };
}

it('a password that was read again is masked as that of the start is, old ones too', async () => {
  const { dsn, file } = fromFile('postgresql://app:of-the-start@db/holdfast');
  const mask = Masked.masker([]);
  expect(String(mask('says sec0nd-one'))).toBe('says sec0nd-one');
  for (const password of ['sec0nd-one', 'th1rd-one']) {
    file.text = `postgresql://app:${password}@db/holdfast`;
    expect(await currentPassword(dsn)).toBe(password);
  }
  expect(String(mask('says sec0nd-one and th1rd-one'))).toBe('says *** and ***');
  const database = { ...postgresSettings('postgresql://app@db/holdfast'), dsn };
  const said = Object.assign(
    new Error('no entry for th1rd-one, nor sec0nd-one, nor of-the-start'),
    {
      code: '28000',
    },
  );
  expect(databaseFailure(database, said).message).not.toMatch(/sec0nd|th1rd|of-the-start/);
});

it('another user, host or database is told once, and not gone to', async () => {
  const { dsn, file } = fromFile('postgresql://app:one@db/holdfast');
  let told = 0;
  onMoved(dsn, () => (told += 1));
  for (const url of ['postgresql://app:two@other/holdfast', 'postgresql://else:two@db/holdfast']) {
    file.text = url;
    expect(await currentPassword(dsn)).toBe('one');
  }
  expect(told).toBe(1);
  file.text = 'postgresql://app:three@db/holdfast';
  expect(await currentPassword(dsn)).toBe('three');
  file.text = 'postgresql://app:four@db/elsewhere';
  expect(await currentPassword(dsn)).toBe('three');
  expect(told).toBe(2);
});
