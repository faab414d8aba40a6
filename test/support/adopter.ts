import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { runInstalled } from './installed-program.js';

/** What the example asks for, and what that asks for. */
const PACKAGES = ['core', 'guard', 'postgres', 'migrate', 'nest', 'testing'];

type Environment = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * `examples/orders`, and what it was before, in a folder of its own, with the packages from their tarballs and nothing else but what
 * these and its own `package.json` declare, linked from this checkout: no registry is asked.
 * @param change to its sources, before they are compiled
 */
export function installAdopter(change: (folder: string) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-adopter-'));
  for (const name of ['src', 'migrations', 'package.json', 'tsconfig.json'])
    cpSync(join('examples/orders', name), join(folder, name), { recursive: true });
  addBefore(folder);
  change(folder);
  const modules = join(folder, 'node_modules');
  const own = manifestOf(folder);
  const declared = new Set(Object.keys({ ...own.dependencies, ...own.devDependencies }));
  for (const name of PACKAGES) {
    const installed = join(modules, '@holdfast', name);
    mkdirSync(installed, { recursive: true });
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: join('packages', name),
      encoding: 'utf8',
    });
    const tarball = join(folder, packed.trim());
    execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components', '1']);
    for (const each of declaredBy(manifestOf(installed))) declared.add(each);
  }
  for (const name of declared) {
    if (name.startsWith('@holdfast/')) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  compile(folder);
  return folder;
}

/** Puts what the application was before beside it, to be compiled as well. */
function addBefore(folder: string): void {
  const before = join(folder, 'before');
  cpSync('examples/orders/src', before, {
    recursive: true,
    filter: (path) => !/(main|migrate|service|\.test)\.ts$/.test(path),
  });
  cpSync('examples/orders/before', before, { recursive: true });
}

/** As the application's own settings have it, with what it was before. */
function compile(folder: string): void {
  const settings = {
    extends: './tsconfig.json',
    compilerOptions: { rootDir: '.' },
    include: ['src', 'before'],
  };
  writeFileSync(join(folder, 'tsconfig.both.json'), JSON.stringify(settings));
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.both.json'];
  execFileSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** What of a package is imported in its `dist` by name, and declared by its `package.json`. */
export function importsOf(name: string): {
  readonly imported: readonly string[];
  readonly declared: readonly string[];
} {
  const folder = join('packages', name);
  const manifest = manifestOf(folder);
  const sources = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .map((file) => readFileSync(join(folder, 'dist', file), 'utf8'));
  const bare = sources
    .flatMap((source) => [
      ...source.matchAll(
        /(?:\bfrom\s+|\bimport\(|\bimport\s+|\bresolve\()['"]([a-z@][\w@./:-]*)['"]/g,
      ),
    ])
    .map(([, path = '']) => path)
    .filter((path) => !path.startsWith('node:') && !builtinModules.includes(path))
    .map((path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/'));
  return {
    imported: [...new Set(bare)].sort(),
    declared: [...declaredBy(manifest), manifest.name],
  };
}

/** A program of the application, from outside. */
export function runAdopter(
  folder: string,
  file: string,
  environment: Environment,
  flags: readonly string[] = [],
) {
  return runInstalled(folder, [process.execPath, join('dist/src', file), ...flags], environment);
}

/** Its test, by the runner of Node. */
export function testAdopter(folder: string, environment: Environment) {
  const command = [process.execPath, '--test', 'dist/src/orders.repository.test.js'];
  return runInstalled(folder, command, environment);
}

/** While a package that it may do without is not installed. */
export async function without(folder: string, name: string, work: () => Promise<void>) {
  const link = join(folder, 'node_modules', name);
  const target = readlinkSync(link);
  rmSync(link);
  try {
    await work();
  } finally {
    symlinkSync(target, link);
  }
}

/** Adds to the application what `examples/orders/further` holds: a check of its own, Express, a start of its own. */
export function withFurther(folder: string): void {
  cpSync('examples/orders/further', join(folder, 'src'), { recursive: true });
  const module = join(folder, 'src/orders.module.ts');
  const text = readFileSync(module, 'utf8').replace(
    'providers: [OrdersRepository]',
    'providers: [OrdersRepository, WarehouseCheck]',
  );
  writeFileSync(module, `import { WarehouseCheck } from './warehouse.check.js';\n${text}`);
}

function declaredBy({ dependencies, peerDependencies }: Manifest): readonly string[] {
  return Object.keys({ ...dependencies, ...peerDependencies });
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
