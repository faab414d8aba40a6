import { describe, expect, it } from '@jest/globals';
import { positional } from '../src/database/statement.js';

describe('positional()', () => {
  it('gives each name one place, in the order in which they come', () => {
    expect(positional('SELECT :b, :a, :b', { a: 1, b: 2 })).toEqual({
      text: 'SELECT $1, $2, $1',
      names: ['b', 'a'],
    });
  });

  it('takes names with points, as a statement for several records has them', () => {
    expect(positional('VALUES (:event.no, :event.at)', { 'event.no': 1, 'event.at': 2 })).toEqual({
      text: 'VALUES ($1, $2)',
      names: ['event.no', 'event.at'],
    });
  });

  it.each([
    ['a cast', 'SELECT a::text FROM t', { text: 'x' }],
    ['a time in quotes', "SELECT '12:30:00'", {}],
    ['a name that no parameter has', 'SELECT :unknown', { known: 1 }],
    ['what every object has', 'SELECT :constructor', {}],
  ])('leaves %s as it is', (_, statement, parameters) => {
    expect(positional(statement, parameters)).toEqual({ text: statement, names: [] });
  });

  it('looks again when a statement comes with other parameters', () => {
    const statement = 'SELECT :one, :other';
    expect(positional(statement, { one: 1, other: 2 }).names).toEqual(['one', 'other']);
    expect(positional(statement, { one: 1 })).toEqual({
      text: 'SELECT $1, :other',
      names: ['one'],
    });
    expect(positional(statement, { one: 1, other: 2 }).names).toEqual(['one', 'other']);
  });

  it('keeps no more statements than it may', () => {
    for (let index = 0; index < 3000; index += 1) {
      expect(positional(`SELECT :a, ${index}`, { a: 1 }).text).toBe(`SELECT $1, ${index}`);
    }
  });
});
