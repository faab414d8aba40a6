import {
  accessSync,
  constants,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ReasonError } from '../reasons.js';
import type { CopyReport } from '../report.js';
import type { UndoRecord } from '../postgres/undo.js';

/** Ends the name of a report whose copy is not committed yet. */
const PART = '.part';

/** The file of `--report`: it is on disk before what it tells is committed, and has its name afterwards. */
export interface ReportFile {
  /** @throws USAGE when it cannot be written */
  readonly write: (report: CopyReport) => void;
  /** What was written is true. */
  readonly keep: () => void;
  /** What was written has not come to pass. */
  readonly discard: () => void;
  /** Of the copy that was killed before it was told that it is committed; null for none. */
  readonly undoOfEarlier: () => UndoRecord | null;
}

/**
 * @param path undefined when no report is wanted
 * @throws USAGE when nothing can be written there
 */
export function reportFile(path: string | undefined): ReportFile {
  if (path === undefined)
    return {
      write: () => undefined,
      keep: () => undefined,
      discard: () => undefined,
      undoOfEarlier: () => null,
    };
  const isDevice = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  const part = isDevice ? path : `${path}${PART}`;
  writably(path, () => {
    accessSync(isDevice ? path : dirname(path), constants.W_OK);
  });
  let isWritten = false;
  return {
    write: (report) => {
      writably(path, () => {
        writeFileSync(part, `${JSON.stringify(report, null, 2)}\n`);
      });
      isWritten = true;
    },
    keep: () => {
      if (isWritten && !isDevice) renameSync(part, path);
    },
    discard: () => {
      if (isWritten && !isDevice) rmSync(part, { force: true });
    },
    undoOfEarlier: () => (isDevice ? null : (undoIn(part) ?? undoIn(path))),
  };
}

function writably(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new ReasonError('USAGE', { detail: `the report cannot be written: ${path}`, cause });
  }
}

function undoIn(file: string): UndoRecord | null {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Partial<CopyReport> | null)?.undo ?? null;
  } catch {
    // No file, or none of a copy: there is nothing to go on with.
    return null;
  }
}
