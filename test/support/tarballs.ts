import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { NodeRelease } from './node-versions.js';

const NPM: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
};

/** What is published, packed into a folder: the packages, by name, and the service. */
export function packAll(): {
  readonly folder: string;
  readonly tarballs: ReadonlyMap<string, string>;
} {
  execFileSync(process.execPath, ['scripts/build-packages.mjs'], { stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-published-'));
  const sources = [...readdirSync('packages').map((name) => join('packages', name)), '.'];
  const tarballs = sources.map((source) => {
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const file = execFileSync('npm', args, { ...NPM, cwd: source }).trim();
    const { name } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Named;
    return [name, join(folder, file)] as const;
  });
  return { folder, tarballs: new Map(tarballs) };
}

interface Named {
  readonly name: string;
}

interface Versioned {
  readonly version: string;
}

const DRIVER = 'build/Release/better_sqlite3.node';

/**
 * `examples/orders` in a folder of its own, with the service beside it, installed by npm from the tarballs; compiled by its own
 * compiler. SQLite's driver is there once `putDriver` has been called.
 */
export function installFrom(tarballs: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-installed-'));
  for (const part of ['src', 'migrations', 'package.json', 'tsconfig.json'])
    cpSync(join('examples/orders', part), join(folder, part), { recursive: true });
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
    dependencies: object;
    devDependencies: object;
  };
  const given = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  manifest.dependencies = { ...manifest.dependencies, ...given };
  const isGiven = ([name]: readonly [string, unknown]) => tarballs.has(name);
  manifest.devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).filter((each) => !isGiven(each)),
  );
  writeFileSync(file, JSON.stringify(manifest));
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  execFileSync('npm', args, { ...NPM, cwd: folder });
  execFileSync('npx', ['tsc'], { ...NPM, cwd: folder });
  return folder;
}

/**
 * One package in a folder of its own, installed by npm from the tarballs: those of ours that it uses are taken from there,
 * too. SQLite's driver is there once `putDriver` has been called.
 */
export function installAlone(tarballs: ReadonlyMap<string, string>, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-alone-'));
  const path = (each: string) => `file:${tarballs.get(each) ?? ''}`;
  const ours = [...tarballs.keys()].filter((each) => each !== name);
  const manifest = {
    private: true,
    dependencies: { [name]: path(name) },
    overrides: Object.fromEntries(ours.map((each) => [each, path(each)])),
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  execFileSync('npm', args, { ...NPM, cwd: folder });
  return folder;
}

/**
 * Puts SQLite's driver for a release of Node where it belongs: for the one that runs that of this checkout, else one that is
 * compiled once, without optimizing it, in a quarter of the time: it is to work.
 */
export function putDriver(folder: string, { program, headers }: NodeRelease): void {
  const modules = join(folder, 'node_modules/better-sqlite3');
  const { version } = JSON.parse(readFileSync(join(modules, 'package.json'), 'utf8')) as Versioned;
  const built = join(modules, DRIVER);
  const kept =
    headers === undefined
      ? resolve('node_modules/better-sqlite3', DRIVER)
      : join(headers, `better-sqlite3-${version}.node`);
  if (headers !== undefined && !existsSync(kept)) {
    compileDriver(folder, program, headers);
    cpSync(built, kept);
  }
  mkdirSync(dirname(built), { recursive: true });
  rmSync(built, { force: true });
  cpSync(kept, built);
}

function compileDriver(folder: string, program: string, headers: string): void {
  execFileSync('npm', ['rebuild', 'better-sqlite3', `--nodedir=${headers}`], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: [dirname(program), process.env.PATH].join(delimiter),
      CFLAGS: '-O0',
      CXXFLAGS: '-O0',
    },
    stdio: 'ignore',
  });
}
