/** What identifies a table's rows, whatever their order. */
export interface RowsDigest {
  /**
   * Takes in rows as `COPY … TO STDOUT` sends them.
   * @returns how many bytes: those of whole rows
   */
  takeStored(bytes: Buffer): number;
  /** Whether, so far, no value was NULL or a whole number of more than 32 bits; undefined where that is not known. */
  readonly isPlain?: boolean | undefined;
  /** 32 hexadecimal digits. */
  toString(): string;
}
