import { delimiter } from 'node:path';
import { childEnvironment } from '@holdfast/guard/child-environment';
import { service } from '../../service.js';

/** The PATH of this process, for the programs that it starts. */
export function searchPath(): string {
  return childEnvironment({}, service).PATH ?? '';
}

export function foldersOnPath(): readonly string[] {
  return searchPath()
    .split(delimiter)
    .filter((folder) => folder !== '');
}
