import { expect, it } from '@jest/globals';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';

it('builds a schema when it is asked for, and once', () => {
  let built = 0;
  const schema = lazySchema(() => ({ number: (built += 1) }));
  expect(built).toBe(0);
  expect(schema()).toBe(schema());
  expect(schema()).toEqual({ number: 1 });
});

it('builds it again where that has failed', () => {
  let asked = 0;
  const schema = lazySchema(() => {
    asked += 1;
    if (asked === 1) throw new Error('not now');
    return asked;
  });
  expect(schema).toThrow('not now');
  expect(schema()).toBe(2);
});
