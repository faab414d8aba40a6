import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { describeError } from '@holdfast/core/log';
import {
  declaredLogFields,
  defineLogFields,
  logField,
  maskUndeclared,
} from '@holdfast/core/log-fields';
import { Secret } from '@holdfast/core/secret';

const HIDDEN = 'hunter2-hunter2';

/** As the service writes it. */
function written(line: Readonly<Record<string, unknown>>): string {
  let text = '';
  const serializers = { err: describeError };
  const options = { base: null, serializers, formatters: { log: maskUndeclared } };
  pino(options, { write: (each: string) => (text += each) }).info(line);
  return text;
}

const isUndeclared = (name: string) => !declaredLogFields().has(name);

/** Names that somebody may give a field, and names that objects have anyway. */
const anyName = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('password', 'Code', 'ERR', 'event ', 'constructor', 'toString', 'hasOwnProperty'),
);

/** Something in which the text stands, as a value, a key or part of an object of whatever kind. */
const anyHolder = fc.letrec<{ holder: unknown }>((tie) => ({
  holder: fc.oneof(
    { maxDepth: 5 },
    fc.constant(HIDDEN),
    fc.constant(new URL(`postgresql://app:${HIDDEN}@db/x`)),
    fc.constant(Buffer.from(HIDDEN)),
    fc.constant(new Error(HIDDEN)),
    fc.constant(Object.assign(Object.create({ inherited: HIDDEN }) as object, { own: HIDDEN })),
    fc.constant({ toJSON: () => HIDDEN }),
    fc.constant({ [HIDDEN]: 1 }),
    fc.array(tie('holder'), { minLength: 1, maxLength: 2 }),
    fc.dictionary(anyName.filter(isUndeclared), tie('holder'), { minKeys: 1, maxKeys: 2 }),
  ),
})).holder;

describe('a field that nobody has declared', () => {
  it('is written as ***, whatever its name is and whatever it holds', () => {
    fc.assert(
      fc.property(anyName.filter(isUndeclared), anyHolder, (name, holder) => {
        // `__proto__` as a field is no field of a literal.
        const line = Object.defineProperty({ event: 'tested' }, name, {
          value: holder,
          enumerable: true,
        });
        expect(written(line)).not.toContain(HIDDEN);
        expect(maskUndeclared(line)[name]).toBe('***');
      }),
      { numRuns: 1000 },
    );
  });

  it('is written as *** inside of one that is declared, too', () => {
    fc.assert(
      fc.property(
        anyName.filter(isUndeclared),
        anyHolder,
        fc.constantFrom('database', 'checks'),
        (name, holder, outer) => {
          const inner = Object.defineProperty({}, name, { value: holder, enumerable: true });
          for (const value of [inner, [inner], { code: inner }, [[{ code: [inner] }]]]) {
            expect(written({ event: 'tested', [outer]: value })).not.toContain(HIDDEN);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each<[string, unknown]>([
    ['another error than err', { detail: new Error(HIDDEN) }],
    ['an error inside of another field', { detail: { err: new Error(HIDDEN) } }],
    ['an object that makes its own JSON', { detail: new URL(`redis://:${HIDDEN}@r`) }],
    ['bytes', { detail: Buffer.from(HIDDEN) }],
    ['what a store of that name has', { stores: { dpm: { password: HIDDEN } } }],
    ['a secret', { detail: new Secret(HIDDEN), checks: [new Secret(HIDDEN)] }],
    ['what has no end', { checks: endless() }],
  ])('%s is not shown either', (_, fields) => {
    expect(written({ event: 'tested', ...(fields as object) })).not.toContain(HIDDEN);
  });
});

function endless(): object {
  const inner: Record<string, unknown> = { password: HIDDEN };
  inner.code = inner;
  return inner;
}

describe('a field that is declared', () => {
  it('is written as it is, and the line is the same object', () => {
    const line = {
      event: 'tested',
      code: 'A',
      attempt: 2,
      checks: ['db', { code: 'B', since: new Date(0) }],
      stores: { dpm: 'POSTGRES', any_other_name: { code: 'C' } },
      detail: null,
      err: new Error('shown as describeError has it'),
    };
    expect(maskUndeclared(line)).toBe(line);
    expect(written(line)).toContain('shown as describeError has it');
  });

  it('is shown from when on somebody declares it', () => {
    const line = { event: 'tested', order_id: 'o-1', by_shop: { north: { order_id: 'o-2' } } };
    expect(written(line)).not.toMatch(/o-1|o-2|north/);
    defineLogFields({ order_id: logField.shown, by_shop: logField.keyed });
    expect(written(line)).toContain('"order_id":"o-1","by_shop":{"north":{"order_id":"o-2"}}');
  });
});
