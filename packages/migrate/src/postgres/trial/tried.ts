import type { Finding } from '../../verdicts/verdict.js';
import type { TriedColumns } from './tried-columns.js';
import type { IndexKeys } from './tried-indexes.js';

/** What a trial has found out about one statement. */
export interface Tried {
  /** The time was over before it: how many statements from it on have not been tried. */
  readonly untried?: number;
  /** That the server has taken it: all that it names is there. */
  readonly isTaken?: boolean;
  /** That it fails, whatever the rows are. */
  readonly fault?: Finding | undefined;
  /** The columns that it adds, as the rows would get them. */
  readonly columns?: TriedColumns | undefined;
  /** What a unique index that it makes compares. */
  readonly keys?: IndexKeys | undefined;
}
