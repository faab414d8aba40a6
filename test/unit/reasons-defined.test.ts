import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** They show codes, or have a word that is one, and tell nobody. */
const ONLY_NAMING = [
  'packages/nest/src/health/health.examples.ts',
  'packages/postgres/src/verification/interception.ts',
  'packages/postgres/src/verification/live-tables.ts',
];

const sources = new Map(
  ['src', ...readdirSync('packages').map((name) => `packages/${name}/src`)]
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readFileSync(file, 'utf8')] as const),
);

/** By code, the catalogue that has it. */
const definers = new Map(
  [...sources]
    .filter(([file]) => file.endsWith('reasons.ts'))
    .flatMap(([file, text]) =>
      [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map(
        ([, code = '']) => [code, file] as const,
      ),
    ),
);

/** Modules that are loaded with a module: what is imported for its types alone is not. */
function importsOf(file: string): readonly string[] {
  const text = sources.get(file) ?? '';
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?from )?'([^']+)'/gms)]
    .filter(([, names = '']) => !/^\{(\s*type \w+( as \w+)?,?)+\s*\} from /.test(names))
    .map(([, , specifier = '']) => pathOf(file, specifier));
}

function pathOf(file: string, specifier: string): string {
  const [, name, path] = /^@holdfast\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
  if (name && path) return `packages/${name}/src/${path}.ts`;
  return join(dirname(file), specifier).replace(/\.js$/, '.ts');
}

function loadedWith(file: string): ReadonlySet<string> {
  const loaded = new Set([file]);
  for (const each of loaded) for (const next of importsOf(each)) loaded.add(next);
  return loaded;
}

const naming = [...sources].flatMap(([file, text]) => {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const named = [...code.matchAll(/['"`]([A-Z][A-Z0-9_]+)(?=['"`:])/g)].map(
    ([, name = '']) => name,
  );
  const wanted = [...new Set(named)].filter((name) => definers.has(name));
  return wanted.length === 0 || ONLY_NAMING.includes(file) ? [] : [{ file, wanted }];
});

describe('a reason code', () => {
  it('is found in the sources', () => {
    expect(definers.size).toBeGreaterThan(150);
    expect(naming.length).toBeGreaterThan(50);
  });

  it.each(naming)('is defined wherever it may be told: $file', ({ file, wanted }) => {
    const loaded = loadedWith(file);
    const missing = wanted.filter((code) => !loaded.has(definers.get(code) ?? ''));
    expect(missing).toEqual([]);
  });
});
