import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: true;
  readonly hasInstallScript?: true;
  readonly version?: string;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
};
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly allowScripts: Readonly<Record<string, boolean>>;
};

/** Everything that is fetched: not this package, nor those of this repository. */
const fetched = Object.entries(lock.packages).filter(
  ([path, { link }]) => path.startsWith('node_modules/') && !link,
);

it('says of each package that is fetched exactly which version and which text it is', () => {
  expect(lock.lockfileVersion).toBe(3);
  expect(fetched.length).toBeGreaterThan(500);
  const inexact = fetched.filter(
    ([, { integrity = '', version = '' }]) =>
      !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity) || !/^\d+\.\d+\.\d+/.test(version),
  );
  expect(inexact.map(([path]) => path)).toEqual([]);
});

it('names no registry, so that each machine asks its own for the same texts', () => {
  const named = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes(':'));
  expect(named.map(([path]) => path)).toEqual([]);
  expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/registry\.|"resolved": "[^"]*:/);
});

it('has an install script only where package.json says whether it may run', () => {
  const withScript = fetched
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect([...new Set(withScript)].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
});
