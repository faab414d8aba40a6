import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { catalogue } from '@holdfast/core/reasons';
import '../../src/reasons.js';

/** Here a built process is started, and judged by what it answers, prints and ends with. */
const OUTSIDE = [
  'test/e2e',
  'test/peers',
  'test/long',
  'test/smoke',
  'test/faults',
  'test/published',
  // The rows of test/e2e/abuse.long.test.ts.
  'test/support/abuse',
];
/** It names codes without meeting what they stand for. */
const ONLY_NAMING = ['explain.test.ts'];

const sources = OUTSIDE.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .filter(({ name }) => !ONLY_NAMING.includes(name))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')),
);

/** Words in capitals, but for those in comments and those that a constant is declared by. */
const named = new Set(
  sources
    .flatMap((source) => source.split('\n'))
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .map((line) => line.replace(/\bconst [A-Z]\w*/, ''))
    .flatMap((line) => line.match(/(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*(?!\w)/g) ?? []),
);

const codes = [...catalogue.keys()];

describe('every code of the catalogue', () => {
  it.each(codes)('%s is produced by a test from outside the process', (code) => {
    expect([...named]).toContain(code);
  });
});
