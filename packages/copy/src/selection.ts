import { ReasonError } from './reasons.js';

/** `--rename`: what a table, a column or an index is called in the target. */
export interface Rename {
  /** `TABLE`, `TABLE.COLUMN` or the name of an index. */
  readonly from: string;
  readonly to: string;
}

/** @throws USAGE */
export function parseRename(text: string): Rename {
  const [, from, to] = /^(.+)=([^=]+)$/s.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw new ReasonError('USAGE', {
      detail: `--rename ${text} is not TABLE=NAME, TABLE.COLUMN=NAME or INDEX=NAME`,
    });
  return { from, to };
}

/** @throws USAGE for what is not TABLE.COLUMN, with `*` and `?` for any characters and any one */
export function parseColumnPattern(text: string): string {
  if (/^.+\.[^.]+$/s.test(text)) return text;
  throw new ReasonError('USAGE', { detail: `--skip-column ${text} is not TABLE.COLUMN` });
}

/** Whether a name is meant by one with `*` for any characters and `?` for any one. */
export function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!/[*?]/.test(pattern)) return false;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su').test(name);
}
