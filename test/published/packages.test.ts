import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { importsOf } from '../support/adopter.js';
import { packAll } from '../support/tarballs.js';

/** Packages are ES modules: what another module system finds is not asked. */
const OTHER_RESOLUTIONS: readonly unknown[] = ['node10', 'node16-cjs'];

let packed: ReturnType<typeof packAll>;
beforeAll(() => {
  packed = packAll();
}, 300_000);
afterAll(() => {
  rmSync(packed.folder, { recursive: true, force: true });
});

const libraries = () => [...packed.tarballs].filter(([name]) => name.startsWith('@holdfast/'));

it('says of each package, as publint reads it, nothing that is wrong', async () => {
  for (const [name, file] of libraries()) {
    const { messages } = await publint({ pack: { tarball: bytesOf(file) } });
    expect([name, messages]).toEqual([name, []]);
  }
});

it('has the right types at each entry of each package, as TypeScript finds them from an ES module', async () => {
  for (const [name, file] of libraries()) {
    const analysis = await checkPackage(
      createPackageFromTarballData(new Uint8Array(bytesOf(file))),
    );
    const problems = 'problems' in analysis ? analysis.problems : [{ kind: 'no types' }];
    const told = problems.filter(
      (problem) =>
        !('resolutionKind' in problem && OTHER_RESOLUTIONS.includes(problem.resolutionKind)) &&
        problem.kind !== 'CJSResolvesToESM',
    );
    expect([name, told]).toEqual([name, []]);
  }
}, 120_000);

it.each(readdirSync('packages'))('%s declares every package that it imports', (name) => {
  const { imported, declared } = importsOf(name);
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.filter((each) => !declared.includes(each))).toEqual([]);
});

function bytesOf(file: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}
