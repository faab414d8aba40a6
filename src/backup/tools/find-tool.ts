import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ReasonError } from '../backup.reasons.js';
import { foldersOnPath, searchPath } from './search-path.js';

/** A client program of PostgreSQL's. */
export interface PostgresTool {
  readonly path: string;
  /** As it says itself. */
  readonly version: string;
  readonly major: number;
}

export type ToolName = 'pg_dump' | 'pg_restore';

const run = promisify(execFile);

/** A program that tells nothing for so long tells nothing. */
const VERSION_MS = 10_000;

/** Where Debian has the programs of each version. */
const DEBIAN = '/usr/lib/postgresql';

/**
 * Finds a program that knows all of what a server of a version has: of several that with the nearest version,
 * since a later one may write what the server does not know.
 * @param folder the only one to look in
 * @throws BACKUP_TOOL_MISSING, BACKUP_TOOL_TOO_OLD
 */
export async function findTool(
  name: ToolName,
  serverMajor: number,
  folder: string | undefined,
): Promise<PostgresTool> {
  const folders = folder === undefined ? [...foldersOnPath(), ...debianFolders()] : [folder];
  const found: PostgresTool[] = [];
  for (const each of folders) {
    const tool = await toolIn(each, name);
    if (tool) found.push(tool);
  }
  const [best] = found
    .filter(({ major }) => major >= serverMajor)
    .toSorted((one, other) => one.major - other.major);
  if (best) return best;
  const [newest] = found.toSorted((one, other) => other.major - one.major);
  if (newest)
    throw new ReasonError('BACKUP_TOOL_TOO_OLD', {
      detail: `${newest.path} is ${newest.version}, and the server is of version ${serverMajor}`,
    });
  const where = folder ?? 'the PATH';
  throw new ReasonError('BACKUP_TOOL_MISSING', { detail: `${name} is not in ${where}` });
}

function debianFolders(): readonly string[] {
  try {
    return readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin'));
  } catch {
    // Another system than Debian.
    return [];
  }
}

async function toolIn(folder: string, name: ToolName): Promise<PostgresTool | undefined> {
  const path = join(folder, name);
  try {
    accessSync(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], {
      timeout: VERSION_MS,
      // Nothing of this process's, which has secrets in it.
      env: { PATH: searchPath(), LC_ALL: 'C' },
    });
    const [version, major] = /(\d+)(?:[.\w~+-]*)/.exec(stdout) ?? [];
    return version === undefined ? undefined : { path, version, major: Number(major) };
  } catch {
    // Not there, or none that runs here: another may.
    return undefined;
  }
}
