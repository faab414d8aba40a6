import { closeSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { ReasonError } from '../reasons.js';
import type { RejectedRow } from '../rows/convert-rows.js';

/** Ends the name of the file of rejects. */
export const REJECTS = '.rejects.jsonl';

/** The file of the rows that are left out: one JSON object a line, however many there are. */
export interface RejectsFile {
  /** @throws USAGE when it cannot be written */
  readonly open: () => void;
  readonly add: (row: RejectedRow) => void;
  /** Forgets the rows that were added. */
  readonly empty: () => void;
  /** A file without rows goes. */
  readonly close: () => void;
}

/** @param path undefined when no rows are to be left out */
export function rejectsFile(path: string | undefined): RejectsFile {
  let file: number | undefined;
  let rows = 0;
  return {
    open: () => {
      if (path !== undefined) file = opened(path);
    },
    add: (row) => {
      if (file === undefined) return;
      rows += 1;
      writeSync(file, `${JSON.stringify(row)}\n`);
    },
    empty: () => {
      if (path === undefined || rows === 0) return;
      truncateSync(path);
      rows = 0;
    },
    close: () => {
      if (file === undefined || path === undefined) return;
      closeSync(file);
      if (rows === 0) rmSync(path, { force: true });
    },
  };
}

function opened(path: string): number {
  try {
    rmSync(path, { force: true });
    return openSync(path, 'a');
  } catch (error) {
    throw new ReasonError('USAGE', {
      detail: `the file of rejects cannot be written: ${path}`,
      cause: error,
    });
  }
}
