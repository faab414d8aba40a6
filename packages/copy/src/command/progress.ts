import { MultiBar, type SingleBar } from 'cli-progress';
import type { CopyListener } from '../options.js';
import { overallText, Pace } from './pace.js';

export interface CopyProgress extends Omit<CopyListener, 'rejected' | 'restarted'> {
  readonly stop: () => void;
}

type Told = Omit<CopyProgress, 'stop'>;

/** Tells two. */
export function both(one: Told, other: Told): Told {
  return {
    begun: (tables) => {
      one.begun(tables);
      other.begun(tables);
    },
    tableStarted: (...table) => {
      one.tableStarted(...table);
      other.tableStarted(...table);
    },
    rowsReused: (...rows) => {
      one.rowsReused(...rows);
      other.rowsReused(...rows);
    },
    rowsRead: (...rows) => {
      one.rowsRead(...rows);
      other.rowsRead(...rows);
    },
    tableEnded: (table) => {
      one.tableEnded(table);
      other.tableEnded(table);
    },
  };
}

const PROGRESS_MS = 2000;

/**
 * On stderr: bars on a terminal, one for all tables and one a table, events under `--json`, else a line every two
 * seconds. Each says how far all of them are, and how long their rest will take.
 */
export function copyProgress(json: boolean): CopyProgress {
  if (json) return events();
  return process.stderr.isTTY ? bars() : lines();
}

function bars(): CopyProgress {
  const all = new MultiBar({
    stream: process.stderr,
    format: '{table} {bar} {percentage} % {value}/{total} rows{told}',
    hideCursor: true,
    clearOnComplete: false,
  });
  const pace = new Pace();
  const open = new Map<string, SingleBar>();
  let total: SingleBar | undefined;
  return {
    begun: (tables) => {
      pace.begun(tables);
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      total ??= all.create(rows, 0, { table: 'all tables', told: '' });
    },
    tableStarted: (table, rows) => {
      open.set(table, all.create(rows, 0, { table, told: '' }));
    },
    rowsReused: (table, rows, bytes) => {
      pace.reused(table, rows, bytes);
    },
    rowsRead: (table, rows, bytes) => {
      pace.read(table, rows, bytes);
      open.get(table)?.update(rows, { table, told: `, ${megabytes(bytes)}` });
      const overall = pace.overall();
      total?.update(overall.rows, { table: 'all tables', told: `, ${overallText(overall)}` });
    },
    tableEnded: (table) => {
      open.get(table)?.stop();
    },
    stop: () => {
      all.stop();
    },
  };
}

function lines(): CopyProgress {
  const pace = new Pace();
  const isDue = every(PROGRESS_MS);
  const totals = new Map<string, number>();
  return {
    begun: (tables) => {
      pace.begun(tables);
    },
    tableStarted: (table, rows) => {
      totals.set(table, rows);
    },
    rowsReused: (table, rows, bytes) => {
      pace.reused(table, rows, bytes);
      process.stderr.write(`${table}: goes on after ${rows} rows that were loaded before\n`);
    },
    rowsRead: (table, rows, bytes) => {
      pace.read(table, rows, bytes);
      if (!isDue()) return;
      process.stderr.write(
        `${table}: ${rows} of ${totals.get(table) ?? rows} rows, ${megabytes(bytes)}; all tables: ${overallText(pace.overall())}\n`,
      );
    },
    tableEnded: () => undefined,
    stop: () => undefined,
  };
}

function events(): CopyProgress {
  const pace = new Pace();
  const isDue = every(PROGRESS_MS);
  const tell = (event: object) => {
    process.stderr.write(`${JSON.stringify(event)}\n`);
  };
  return {
    begun: (tables) => {
      pace.begun(tables);
    },
    tableStarted: (table, rows) => {
      tell({ event: 'copy.table_begins', table, rows });
    },
    rowsReused: (table, rows, bytes) => {
      pace.reused(table, rows, bytes);
      tell({ event: 'copy.rows_reused', table, rows, bytes });
    },
    rowsRead: (table, rows, bytes) => {
      pace.read(table, rows, bytes);
      if (!isDue()) return;
      const { share, secondsLeft } = pace.overall();
      tell({ event: 'copy.progress', table, rows, bytes, share, seconds_left: secondsLeft });
    },
    tableEnded: (table) => {
      tell({ event: 'copy.table_ends', table });
    },
    stop: () => undefined,
  };
}

/** Whether so many milliseconds have passed since it was last due. */
function every(milliseconds: number): () => boolean {
  let told = performance.now();
  return () => {
    if (performance.now() - told < milliseconds) return false;
    told = performance.now();
    return true;
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
