import { accessSync, constants, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { labelValue } from '@holdfast/core/metric';
import { ReasonError } from '../reasons.js';
import type { CopyProgress } from './progress.js';

const EVERY_MS = 1000;
/** node_exporter reads files whose names end in `.prom`, and no other. */
const PART = '.part';

type Outcome = 'running' | 'done' | 'failed';
const OUTCOMES: readonly Outcome[] = ['running', 'done', 'failed'];

interface TableRows {
  readonly expected: number;
  rows: number;
  bytes: number;
}

/** How far a copy is, for Prometheus: as node_exporter's textfile collector reads it, whole at every moment. */
export interface MetricsFile extends Omit<CopyProgress, 'stop'> {
  readonly ended: (outcome: Exclude<Outcome, 'running'>) => void;
}

/**
 * @param path undefined when none is wanted
 * @throws USAGE when nothing can be written there
 */
export function metricsFile(path: string | undefined): MetricsFile {
  const tables = new Map<string, TableRows>();
  const startedAt = Date.now();
  let writtenAt = -Infinity;
  const write = (outcome: Outcome) => {
    writtenAt = performance.now();
    if (path === undefined) return;
    writeFileSync(path + PART, exposition(tables, startedAt, outcome));
    renameSync(path + PART, path);
  };
  assertWritable(path);
  return {
    begun: () => undefined,
    rowsReused: () => undefined,
    tableStarted: (table, expected) => {
      tables.set(table, { expected, rows: 0, bytes: 0 });
      write('running');
    },
    rowsRead: (table, rows, bytes) => {
      Object.assign(tables.get(table) ?? {}, { rows, bytes });
      if (performance.now() - writtenAt >= EVERY_MS) write('running');
    },
    tableEnded: () => {
      write('running');
    },
    ended: write,
  };
}

function assertWritable(path: string | undefined): void {
  if (path === undefined) return;
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new ReasonError('USAGE', { detail: `the metrics cannot be written: ${path}`, cause });
  }
}

function exposition(
  tables: ReadonlyMap<string, TableRows>,
  startedAt: number,
  outcome: Outcome,
): string {
  const ofTables = (value: (table: TableRows) => number) =>
    [...tables].map(([table, each]) => [`table="${labelValue(table)}"`, value(each)] as const);
  return [
    gauge(
      'holdfast_copy_outcome',
      'What has become of the copy: 1 for that.',
      OUTCOMES.map((each) => [`outcome="${each}"`, Number(each === outcome)] as const),
    ),
    gauge('holdfast_copy_start_timestamp_seconds', 'When it began, in Unix time.', [
      ['', startedAt / 1000],
    ]),
    gauge('holdfast_copy_update_timestamp_seconds', 'When this was written, in Unix time.', [
      ['', Date.now() / 1000],
    ]),
    gauge(
      'holdfast_copy_rows',
      'Rows of each table that have been read.',
      ofTables(({ rows }) => rows),
    ),
    gauge(
      'holdfast_copy_expected_rows',
      'Rows that each table had when it was begun.',
      ofTables(({ expected }) => expected),
    ),
    gauge(
      'holdfast_copy_bytes',
      'Bytes of the rows of each table that have been sent.',
      ofTables(({ bytes }) => bytes),
    ),
  ].join('');
}

/** In Prometheus' text format. @param samples labels, as they are written, and values */
function gauge(
  name: string,
  help: string,
  samples: readonly (readonly [string, number])[],
): string {
  const lines = samples.map(([labels, value]) => `${name}${labels && `{${labels}}`} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}
