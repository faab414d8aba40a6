/** Milliseconds for which a row may be older than the database: what it says of itself, as its end, holds anyway. */
const FRESH_MS = 1000;
/** Of the results that are asked for at the same time. */
const MOST_ROWS = 1000;

/** Rows that were read a moment ago: what many ask for at once is read once. What is not there is never kept. */
export class KnownRows<Row> {
  readonly #rows = new Map<string, { readonly row: Row; readonly readAt: number }>();

  constructor(private readonly read: (id: string) => Promise<Row | null>) {}

  async get(id: string): Promise<Row | null> {
    const known = this.#rows.get(id);
    if (known && performance.now() - known.readAt < FRESH_MS) return known.row;
    const readAt = performance.now();
    const row = await this.read(id);
    this.#rows.delete(id);
    if (row === null) return null;
    this.#rows.set(id, { row, readAt });
    if (this.#rows.size > MOST_ROWS) this.#dropOldest();
    return row;
  }

  #dropOldest(): void {
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined) this.#rows.delete(oldest);
  }
}
