import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { FLAGS } from '@holdfast/migrate/postgres/parser/unoptimized-parser';

it.each(FLAGS)('knows the flag %s', (flag) => {
  expect(() => execFileSync(process.execPath, [flag, '-e', ''], { stdio: 'pipe' })).not.toThrow();
});
