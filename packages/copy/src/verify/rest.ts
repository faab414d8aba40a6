/** What is left of bytes that are taken in pieces. */
export class Rest {
  #pieces: Buffer[] = [];
  #length = 0;
  /** A long row is looked at only when there is twice as much of it: not once for each of its pieces. */
  #wanted = 0;

  /** @param taken how many bytes were taken of those that are offered */
  constructor(private readonly taken: (bytes: Buffer) => number) {}

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length >= this.#wanted) this.take();
  }

  take(): void {
    const [only = Buffer.alloc(0)] = this.#pieces;
    const bytes = this.#pieces.length > 1 ? Buffer.concat(this.#pieces) : only;
    const left = bytes.subarray(this.taken(bytes));
    this.#pieces = left.length > 0 ? [left] : [];
    this.#length = left.length;
    this.#wanted = left.length === bytes.length ? 2 * left.length : 0;
  }
}
