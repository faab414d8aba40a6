import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const DIST = join(import.meta.dirname, '../../dist');
/** The first file that a start reads, and the only one where the guard refuses. */
const DOOR = 'service.cjs';

it.each(['class HttpException ', 'class QueryFailedError ', 'class FastifyAdapter '])(
  'the door is judged before %sis read',
  (declaration) => {
    const holders = readdirSync(DIST).filter(
      (file) => /^(service|part-.*)\.cjs$/.test(file) && holds(file, declaration),
    );
    expect(holders).not.toContain(DOOR);
    expect(holders).not.toEqual([]);
  },
);

function holds(file: string, text: string): boolean {
  return readFileSync(join(DIST, file), 'utf8').includes(text);
}
