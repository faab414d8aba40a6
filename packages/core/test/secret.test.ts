import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '../src/secret.js';

const TEXT = 'k7#Zq!unguessable';
const secret = new Secret(TEXT);

/** What a `console` prints for the given arguments. */
function printed(print: (console: Console) => void): string {
  let output = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      output += chunk.toString();
      done();
    },
  });
  print(new Console({ stdout: stream, stderr: stream, colorMode: false }));
  return output;
}

describe('Secret', () => {
  it('gives its text through reveal() alone', () => {
    expect(secret.reveal()).toBe(TEXT);
    expect(Reflect.ownKeys(secret)).toEqual([]);
  });

  it.each<[string, string]>([
    ['String()', String(secret)],
    ['toString()', secret.toString()],
    ['join()', [secret].join()],
    ['concatenation', ''.concat(secret as unknown as string)],
    ['inspect', inspect(secret)],
    ['format %s', format('%s', secret)],
    ['format %o', format('%o', secret)],
    ['format %O', format('%O', secret)],
  ])('is *** in %s', (_name, output) => {
    expect(output).toBe('***');
  });

  it.each<[string, string]>([
    ['alone', JSON.stringify(secret)],
    ['format %j', format('%j', secret)],
  ])('is the string "***" in JSON, %s', (_name, output) => {
    expect(output).toBe('"***"');
  });

  it('is *** in a template', () => {
    expect(`password=${secret as unknown as string}`).toBe('password=***');
  });

  it('is masked deep inside objects, arrays, maps and sets', () => {
    const holder = { list: [secret], map: new Map([['k', secret]]), set: new Set([secret]) };
    expect(JSON.stringify({ a: { b: [secret] } })).toBe('{"a":{"b":["***"]}}');
    const output = inspect(holder, { depth: 10, showHidden: true });
    expect(output.match(/\*\*\*/g)).toHaveLength(3);
    expect(output).not.toContain(TEXT);
  });

  it('shows nothing when inspection is asked to go behind the mask', () => {
    const output = inspect(secret, { customInspect: false, showHidden: true, depth: 10 });
    expect(output).toContain('Secret');
    expect(output).not.toContain(TEXT);
  });

  it.each<[string, (console: Console) => void]>([
    [
      'log',
      (console) => {
        console.log(secret, { secret }, String(secret));
      },
    ],
    [
      'error with a format',
      (console) => {
        console.error('%s %o %O %j', secret, secret, secret, secret);
      },
    ],
    [
      'table',
      (console) => {
        console.table([{ secret }]);
      },
    ],
  ])('is masked by console.%s', (_name, print) => {
    const output = printed(print);
    expect(output).toContain('***');
    expect(output).not.toContain(TEXT);
  });

  it('shows no text in console.dir, which leaves custom inspection out', () => {
    const output = printed((console) => {
      console.dir({ secret }, { depth: 10, showHidden: true });
    });
    expect(output).toBe('{ secret: Secret {} }\n');
  });

  it('has nothing to enumerate, spread or copy', () => {
    expect(Object.entries(secret)).toEqual([]);
    expect({ ...(secret as object) }).toEqual({});
    expect(Object.assign({}, secret)).toEqual({});
    expect(Object.getOwnPropertyDescriptors(secret)).toEqual({});
  });

  it('leaves its text behind when it is cloned or serialised', () => {
    expect(inspect(structuredClone(secret), { showHidden: true })).not.toContain(TEXT);
    expect(JSON.stringify(structuredClone({ secret }))).toBe('{"secret":{}}');
    expect(serialize({ secret }).toString('latin1')).not.toContain(TEXT);
  });

  it('is masked as the cause or a property of an error', () => {
    const error = new Error('refused', { cause: secret });
    const nested = Object.assign(new AggregateError([error], 'outer', { cause: { secret } }), {
      secret,
    });
    for (const output of [inspect(error), inspect(nested, { depth: 10, showHidden: true })]) {
      expect(output).toContain('***');
      expect(output).not.toContain(TEXT);
    }
  });

  it('is masked with the same length whatever its own', () => {
    for (const text of ['', 'a', 'a'.repeat(1000)]) {
      expect(String(new Secret(text))).toBe('***');
      expect(inspect(new Secret(text))).toBe('***');
      expect(JSON.stringify(new Secret(text))).toBe('"***"');
    }
  });
});
