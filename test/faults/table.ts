/** The figures of one case. Milliseconds are undefined where there was nothing to measure. */
export interface Row {
  readonly name: string;
  /** Reason codes that ready gave with 503. */
  readonly codes: string;
  /** From the fault to ready's first 503. */
  readonly noticed_ms: number | undefined;
  /** From the heal to the answer from which on ready said 200. */
  readonly ready_after_ms: number | undefined;
  /** From the heal to the first write that was acknowledged. */
  readonly written_after_ms: number | undefined;
  readonly slowest_live_ms: number;
  /** The slowest answer of a server that does nothing, at the same time on the same machine. */
  readonly slowest_control_ms: number;
  readonly slowest_ready_ms: number;
  readonly acknowledged: number;
  /** Requests that were answered with an error or not at all, and sent again. */
  readonly failures: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly pool: string;
}

const HEADINGS = [
  'case',
  '503 after ms',
  'ready ms',
  'write ms',
  'live max',
  'control',
  'ready max',
  'acked',
  'failed',
  'lost',
  'dup',
  'pool',
  'codes',
];

/** One line a case. */
export function table(rows: readonly Row[]): string {
  const cells = [
    HEADINGS,
    ...rows.map((row) => [
      row.name,
      whole(row.noticed_ms),
      whole(row.ready_after_ms),
      whole(row.written_after_ms),
      whole(row.slowest_live_ms),
      whole(row.slowest_control_ms),
      whole(row.slowest_ready_ms),
      String(row.acknowledged),
      String(row.failures),
      String(row.lost),
      String(row.duplicates),
      row.pool,
      row.codes,
    ]),
  ];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const isText = (column: number) => column === 0 || column >= HEADINGS.length - 2;
  return cells
    .map((line) =>
      line
        .map((cell, column) =>
          isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function whole(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '-' : milliseconds.toFixed(0);
}
