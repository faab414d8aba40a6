import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The releases of Node that `engines` names, each by the version that is tested. */
const TESTED = { 20: '20.20.2', 22: '22.23.5', 24: '24.22.3' } as const;

export type NodeMajor = keyof typeof TESTED;

/** A release of Node: its program, and the folder with its headers where it is not the one that runs. */
export interface NodeRelease {
  readonly major: NodeMajor;
  readonly program: string;
  readonly headers?: string;
}

/** The one that runs where it is of this release, else that of npm's package `node-PLATFORM-ARCH`, fetched once. */
export function nodeRelease(major: NodeMajor): NodeRelease {
  if (process.versions.node.startsWith(`${major}.`)) return { major, program: process.execPath };
  const version = TESTED[major];
  const folder = join(tmpdir(), 'holdfast-node', version);
  if (!existsSync(folder)) fetchNode(version, folder);
  return { major, program: join(folder, 'bin/node'), headers: folder };
}

/** Is there as a whole or not at all. */
function fetchNode(version: string, folder: string): void {
  const aside = `${folder}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  const wanted = `node-${process.platform}-${process.arch}@${version}`;
  const args = ['pack', wanted, '--silent', '--pack-destination', aside];
  const tarball = execFileSync('npm', args, { encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', join(aside, tarball), '-C', aside, '--strip-components', '1']);
  rmSync(join(aside, tarball));
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(aside, folder);
}
