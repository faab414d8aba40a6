/** What identifies a table's rows, whatever their order. */
export interface RowsDigest {
  /**
   * Takes in rows as `COPY … TO STDOUT` sends them.
   * @returns how many bytes: those of whole rows
   */
  takeStored(bytes: Buffer): number;
  /** 32 hexadecimal digits. */
  toString(): string;
}
