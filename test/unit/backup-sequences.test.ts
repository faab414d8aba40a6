import { describe, expect, it } from '@jest/globals';
import { refuseLessBesideRows } from '../../src/backup/postgres/beside-rows.js';
import { movedSequences, refuseOtherSequences } from '../../src/backup/postgres/sequence-values.js';

const sequence = (way: 'up' | 'down' | 'round') => ({ schema: 'public', name: 'ids', way });

describe('a sequence that gives numbers while it is dumped', () => {
  it.each([
    ['up', '5', '9', ['5', '7', '9'], ['4', '10', undefined]],
    ['up', '1 next', '9', ['1', '1 next', '9'], ['0', '10']],
    ['down', '-5', '-9', ['-5', '-7', '-9'], ['-4', '-10']],
    [
      'up',
      '99999999999999999998',
      '99999999999999999999',
      ['99999999999999999998'],
      ['99999999999999999997'],
    ],
    ['round', '8', '2', ['9', '1', '8'], [undefined]],
    ['up', '5', '5', ['5'], ['4', '6', '5 next', undefined]],
    ['down', '5 next', '5 next', ['5 next'], ['5', '4']],
    ['round', '5', '5', ['5'], ['6']],
    // It was set back.
    ['up', '500', '1 next', ['500', '1 next', '7'], [undefined]],
    ['down', '-500', '-1', ['-500', '-1'], [undefined]],
  ] as const)(
    '%s from %s to %s is restored at %j, and not at %j',
    (way, began, ended, may, not) => {
      const backup = movedSequences(
        [{ ...sequence(way), place: began }],
        [{ ...sequence(way), place: ended }],
      );
      const restore = (place: string | undefined) => () => {
        refuseOtherSequences(backup, place === undefined ? [] : [{ ...sequence(way), place }]);
      };
      for (const place of may) expect(restore(place)).not.toThrow();
      for (const place of not)
        expect(restore(place)).toThrow(expect.objectContaining({ code: 'RESTORE_MISMATCH' }));
    },
  );

  it('is left out where it was dropped meanwhile', () => {
    expect(movedSequences([{ ...sequence('up'), place: '5' }], [])).toEqual([]);
  });
});

it('is behind by the first reading alone where there is no second one', () => {
  const { schema, name } = sequence('up');
  const backup = { sequences: [{ schema, name, last: '500' }], large_objects: 0 };
  const restored = { sequences: [{ schema, name, last: '7' }], large_objects: 0 };
  expect(() => {
    refuseLessBesideRows(backup, restored);
  }).toThrow(expect.objectContaining({ code: 'RESTORE_MISMATCH' }));
  expect(() => {
    refuseLessBesideRows({ ...backup, sequence_values: [] }, restored);
  }).not.toThrow();
});
