import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, describe, expect, it } from '@jest/globals';

interface Component {
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}

interface Bom {
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly purl: string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
}

const run = (script: string, ...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [`scripts/${script}.mjs`, ...args], {
    maxBuffer: 16 * 1024 * 1024,
  });

const nameOf = ({ group, name }: Component) => (group === undefined ? name : `${group}/${name}`);

/** The packages that the sources load: types alone are not in a bundle. */
function importedPackages(): ReadonlySet<string> {
  const folders = ['src', ...readdirSync('packages').map((each) => `packages/${each}/src`)];
  const sources = folders
    .filter((folder) => !folder.includes('/testing/'))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')),
    );
  const found = sources.flatMap((source) =>
    [
      ...source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^'.][^']*)'/gm),
      ...source.matchAll(/\bimport\('([^'.][^']*)'\)(?!\.)/g),
    ]
      .filter(([whole]) => !isOnlyTypes(whole))
      .map(([, specifier = '']) => specifier),
  );
  return new Set(
    found
      .filter((each) => !builtinModules.includes(each.replace(/^node:/, '')))
      .map((each) =>
        each
          .split('/')
          .slice(0, each.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );
}

/** `import { type A, type B } from 'x'` */
function isOnlyTypes(statement: string): boolean {
  const [, names] = /\{([^}]*)\}/.exec(statement) ?? [];
  const all = names?.split(',').map((each) => each.trim()) ?? [];
  return names !== undefined && all.every((each) => each === '' || each.startsWith('type '));
}

describe('the bill of materials', () => {
  let text: string;
  let bom: Bom;
  beforeAll(async () => {
    text = (await run('sbom')).stdout;
    bom = JSON.parse(text) as Bom;
  });

  it('is valid CycloneDX 1.6, and the same each time', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    expect(bom.specVersion).toBe('1.6');
    expect(bom.metadata.component.purl).toMatch(/^pkg:npm\/holdfast@\d/);
    expect((await run('sbom')).stdout).toBe(text);
  });

  it('has every package that the sources load, but none that only develops', () => {
    const listed = new Set(bom.components.map(nameOf));
    // A choice that this service has not taken, by `start({ framework })`.
    const absent = new Set(['@nestjs/platform-express', 'express']);
    const wanted = [...importedPackages()].filter((name) => !absent.has(name));
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
    for (const name of ['typescript', 'jest', 'eslint', '@rspack/core', '@holdfast/testing']) {
      expect([...listed]).not.toContain(name);
    }
  });

  it('says of each which text of it was installed, and whether it is in the bundles', () => {
    const places = ['in the bundles', 'beside the bundles'];
    for (const component of bom.components) {
      const isOwn = component.group === '@holdfast';
      const hash = expect.objectContaining({ alg: 'SHA-512' }) as unknown;
      expect([component.purl, component.hashes]).toEqual([
        component.purl,
        isOwn ? undefined : [hash],
      ]);
      expect(places).toContain(component.properties[0]?.value);
    }
    const beside = bom.components.filter(({ properties }) => properties[0]?.value === places[1]);
    expect(beside.map(nameOf)).toEqual(
      expect.arrayContaining([
        ...['better-sqlite3', 'libpg-query', 'pino-pretty', 'swagger-ui-dist'],
        ...['sharp', `@img/sharp-${process.platform}-${process.arch}`],
      ]),
    );
  });

  it('says who uses whom, and names nothing that it does not list', () => {
    const references = new Set(bom.components.map((each) => each['bom-ref']));
    expect(references.size).toBe(bom.components.length);
    const used = bom.dependencies.flatMap(({ dependsOn = [] }) => dependsOn);
    expect(used.filter((each) => !references.has(each))).toEqual([]);
    const core = bom.dependencies.find(({ ref }) => ref.startsWith('@holdfast/core@'));
    expect(core?.dependsOn?.map((each) => each.split('@')[0])).toContain('pino');
  });
});

describe('the licences of what runs in production', () => {
  it('are all allowed, and their texts are in what the build makes', async () => {
    const { stdout, stderr } = await run('licences');
    expect(stderr).toBe('');
    const others = stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('@holdfast/'));
    expect(others.length).toBeGreaterThan(100);
    const texts = readFileSync('dist/THIRD-PARTY.txt', 'utf8');
    expect(others.filter((line) => !texts.includes(`${line}\n`))).toEqual([]);
    expect(texts).toContain('Permission is hereby granted, free of charge');
    expect(texts).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
  });

  it('end with 1 and the names of those that are not', async () => {
    const refused = run('licences', 'MIT', 'ISC', '0BSD', 'Apache-2.0', 'BSD-2-Clause');
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^not allowed: .*fast-uri .*\(BSD-3-Clause\)/) as unknown,
    });
  });
});
