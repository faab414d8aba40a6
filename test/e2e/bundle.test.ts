import { isAscii } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const DIST = join(import.meta.dirname, '../../dist');
/** The first file that a start reads, and the only one where the guard refuses. */
const DOOR = 'service.cjs';
/** What every command reads. */
const COMMAND = 'command.cjs';

describe.each([
  'class HttpException ',
  'class QueryFailedError ',
  'class FastifyAdapter ',
  'class TraceAPI{',
])('%j', (declaration) => {
  it('is read after the door is judged', () => {
    const holders = partsWith(declaration);
    expect(holders).not.toContain(DOOR);
    expect(holders).not.toEqual([]);
  });

  it('is not read by every command', () => {
    expect(holds(COMMAND, declaration)).toBe(false);
  });
});

// A decorated parameter of type `z.output<...>` names all of zod at run time where `z` is imported as a value.
it('no more of zod is read than is used', () => {
  expect(partsWith('function _string(')).not.toEqual([]);
  expect(partsWith('function _creditCard(')).toEqual([]);
});

// A decorated parameter of a type of such a name asks for the global one, for which Node loads all of fetch: 10 MB and
// 30 ms of the start.
it.each(['Request', 'Response', 'Headers', 'FormData', 'File', 'Blob'])(
  'no decorator names a type that is also the global %s',
  (name) => {
    expect(partsWith(`typeof ${name}?Object:${name}`)).toEqual([]);
  },
);

// Read as Latin-1, another character becomes several wrong ones. The minifier writes those of plain texts as escapes, and
// leaves those of tagged templates as they are.
it('every bundle is ASCII, as which it is read', () => {
  const files = readdirSync(DIST).filter((file) => file.endsWith('.cjs'));
  expect(files).toContain(DOOR);
  expect(files.filter((file) => !isAscii(readFileSync(join(DIST, file))))).toEqual([]);
});

/** Of what the service is made of, the files with this text. */
function partsWith(text: string): string[] {
  return readdirSync(DIST).filter(
    (file) => /^(service|part-.*)\.cjs$/.test(file) && holds(file, text),
  );
}

function holds(file: string, text: string): boolean {
  return readFileSync(join(DIST, file), 'utf8').includes(text);
}
