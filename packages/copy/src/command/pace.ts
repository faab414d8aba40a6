interface TableRows {
  /** In all. */
  readonly expected: number;
  /** Of the rows that were there before, and cost nothing now. */
  reusedBytes: number;
  rows: number;
  bytes: number;
}

/** How far all tables of a copy are. */
export interface Overall {
  readonly rows: number;
  readonly bytesPerSecond: number;
  /** Of all rows, from 0 to 1; undefined where it is not known how many there are. */
  readonly share: number | undefined;
  /** Until all are loaded; undefined as long as nothing is read. */
  readonly secondsLeft: number | undefined;
}

/**
 * How fast a copy is. Bytes are what takes time: the rows of a table of which nothing is known yet are taken to be as
 * long as those of the others are on average.
 */
export class Pace {
  readonly #tables = new Map<string, TableRows>();
  readonly #startedAt: number;

  /** @param now milliseconds of a clock that is never set back */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.#startedAt = now();
  }

  /** All tables of the copy, before the first of them. */
  begun(tables: readonly { readonly table: string; readonly rows: number }[]): void {
    this.#tables.clear();
    for (const { table, rows } of tables)
      this.#tables.set(table, { expected: rows, reusedBytes: 0, rows: 0, bytes: 0 });
  }

  /** Rows that an interrupted copy has left. */
  reused(table: string, rows: number, bytes: number): void {
    Object.assign(this.#tables.get(table) ?? {}, { reusedBytes: bytes, rows, bytes });
  }

  /** So many rows of a table are read by now. */
  read(table: string, rows: number, bytes: number): void {
    Object.assign(this.#tables.get(table) ?? {}, { rows, bytes });
  }

  overall(): Overall {
    const expected = this.#sum((table) => table.expected);
    const rows = this.#sum((table) => table.rows);
    const bytes = this.#sum((table) => table.bytes);
    const moved = bytes - this.#sum(({ reusedBytes }) => reusedBytes);
    const seconds = (this.now() - this.#startedAt) / 1000;
    const left = this.#sum((table) => {
      const ofRow = table.rows > 0 ? table.bytes / table.rows : bytes / rows;
      return Math.max(0, table.expected - table.rows) * ofRow;
    });
    return {
      rows,
      bytesPerSecond: seconds > 0 ? moved / seconds : 0,
      share: expected > 0 ? Math.min(1, rows / expected) : undefined,
      secondsLeft: moved > 0 && seconds > 0 ? (left / moved) * seconds : undefined,
    };
  }

  #sum(of: (table: TableRows) => number): number {
    return [...this.#tables.values()].reduce((sum, table) => sum + of(table), 0);
  }
}

/** `50 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `45 %, 12.5 MB/s, about 50 s left`, as far as it is known. */
export function overallText({ share, bytesPerSecond, secondsLeft }: Overall): string {
  return [
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`,
    ...(secondsLeft === undefined ? [] : [`about ${durationText(secondsLeft)} left`]),
  ].join(', ');
}
