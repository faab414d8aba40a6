import { expect, it } from '@jest/globals';
import { copySummary } from '../src/command/summary.js';
import type { CopyReport, TableReport } from '../src/report.js';

const table = (name: string, rows: number, reused = 0): TableReport => ({
  table: name,
  created: true,
  format: 'binary',
  rows_read: rows,
  rows_written: rows,
  rows_rejected: 0,
  rows_reused: reused,
  bytes: rows * 1e5,
  seconds: rows / 100,
  source_digest: null,
  target_digest: null,
});

const report = (tables: readonly TableReport[], resumed = false): CopyReport => ({
  source: 'app.db',
  schema: 'public',
  dry_run: false,
  resumed,
  already_there: false,
  verify: 'counts',
  tables,
  rejects: [],
  orphans: [],
  skipped: [],
  notes: [],
  types: [],
  obstacles: [],
  unforeseen: [],
  sql: [],
  seconds: 12.34,
  estimated_seconds: null,
  undo: null,
  retired_source: null,
});

it('puts the figures of tables below each other', () => {
  expect(copySummary(report([table('cups', 5), table('orders_of_cups', 12345)]))).toBe(
    [
      'table            read  written  rejected      MB      s',
      'cups                5        5         0     0.5    0.1',
      'orders_of_cups  12345    12345         0  1234.5  123.5',
      '12350 rows of 2 tables copied in 12.3 s.',
      '',
    ].join('\n'),
  );
});

it('tells what of an interrupted copy was kept, and that there was none', () => {
  const tables = [table('cups', 5, 5), table('orders', 70, 20), table('plates', 3)];
  const [heading, , orders] = copySummary(report(tables, true), true).split('\n');
  expect(heading).toMatch(/^table +read +reused +written/);
  expect(orders).toMatch(/^orders +70 +20 +70/);
  expect(copySummary(report(tables, true), true)).toContain(
    'Of the copy that was interrupted, 25 rows of 2 tables were kept, once compared; the others were read anew.',
  );
  expect(copySummary(report([table('cups', 5)]), true)).toContain(
    'There was no copy that was interrupted',
  );
  expect(copySummary(report([table('cups', 5)]))).not.toContain('interrupted');
});
