import { randomUUID } from 'node:crypto';
import { SCOPES, type Scope } from '../objects/media-object.js';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const NAME = `(?:${SCOPES.join('|')})/\\d{4}-\\d{2}-\\d{2}/${UUID}`;
const WHOLE = new RegExp(`^${NAME}$`);
const WHOLE_OR_PART = new RegExp(`^${NAME}(?:\\.${UUID}\\.part)?$`);

/** The name of a file that is not there yet: nobody can guess it, and no caller has a say in it. */
export function newFilePath(scope: Scope): string {
  return `${scope}/${new Date().toISOString().slice(0, 10)}/${randomUUID()}`;
}

/** What a file is called while it is written. */
export function partOf(path: string): string {
  return `${path}.${randomUUID()}.part`;
}

/** Whether it is the name of a file, or of one that is being written. */
export function isFilePath(path: string): boolean {
  return WHOLE_OR_PART.test(path);
}

/**
 * Lets no other name through, so that none can lead out of the place.
 * @throws TypeError
 */
export function assertFilePath(path: string): void {
  if (!WHOLE.test(path)) throw new TypeError('that is no name of a file of the media store');
}

/** As `assertFilePath`, or the name of a file that is being written. @throws TypeError */
export function assertFileOrPartPath(path: string): void {
  if (!isFilePath(path)) throw new TypeError('that is no name of a file of the media store');
}
