import { MultiBar, type SingleBar } from 'cli-progress';
import type { CopyListener } from '../options.js';

export interface CopyProgress extends Omit<CopyListener, 'rejected' | 'restarted'> {
  readonly stop: () => void;
}

type Told = Omit<CopyProgress, 'stop'>;

/** Tells two. */
export function both(one: Told, other: Told): Told {
  return {
    tableStarted: (...table) => {
      one.tableStarted(...table);
      other.tableStarted(...table);
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

/** On stderr: a bar a table on a terminal, events under `--json`, else a line every two seconds. */
export function copyProgress(json: boolean): CopyProgress {
  if (json) return events();
  return process.stderr.isTTY ? bars() : lines();
}

function bars(): CopyProgress {
  const all = new MultiBar({
    stream: process.stderr,
    format: '{table} {bar} {percentage} % {value}/{total} rows, {speed} MB/s, {eta_formatted} left',
    hideCursor: true,
    clearOnComplete: false,
  });
  const open = new Map<string, { readonly bar: SingleBar; readonly since: number }>();
  return {
    tableStarted: (table, rows) => {
      const bar = all.create(rows, 0, { table, speed: '0.0' });
      open.set(table, { bar, since: performance.now() });
    },
    rowsRead: (table, rows, bytes) => {
      const { bar, since } = open.get(table) ?? {};
      if (since === undefined) return;
      const speed = (bytes / 1000 / (performance.now() - since)).toFixed(1);
      bar?.update(rows, { table, speed });
    },
    tableEnded: (table) => {
      open.get(table)?.bar.stop();
    },
    stop: () => {
      all.stop();
    },
  };
}

function lines(): CopyProgress {
  let told = performance.now();
  const totals = new Map<string, number>();
  return {
    tableStarted: (table, rows) => {
      totals.set(table, rows);
    },
    rowsRead: (table, rows, bytes) => {
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      process.stderr.write(
        `${table}: ${rows} of ${totals.get(table) ?? rows} rows, ${(bytes / 1e6).toFixed(1)} MB\n`,
      );
    },
    tableEnded: () => undefined,
    stop: () => undefined,
  };
}

function events(): CopyProgress {
  let told = performance.now();
  const tell = (event: object) => {
    process.stderr.write(`${JSON.stringify(event)}\n`);
  };
  return {
    tableStarted: (table, rows) => {
      tell({ event: 'copy.table_begins', table, rows });
    },
    rowsRead: (table, rows, bytes) => {
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      tell({ event: 'copy.progress', table, rows, bytes });
    },
    tableEnded: (table) => {
      tell({ event: 'copy.table_ends', table });
    },
    stop: () => undefined,
  };
}
