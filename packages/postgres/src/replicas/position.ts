const PAGE_BYTES = 8192n;
/** Of a page of the log, and of the first page of a file. */
const HEADER_BYTES = [24n, 40n];

/** Reads a position in the write-ahead log (`pg_lsn`), such as `16/B374D848`. */
export function positionOf(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/**
 * Where the last record before an insert position ends. At the start of a page PostgreSQL gives the
 * position behind the page's header, which a standby that has replayed everything never tells.
 */
export function endOfRecords(insertPosition: bigint): bigint {
  const offset = insertPosition % PAGE_BYTES;
  return HEADER_BYTES.includes(offset) ? insertPosition - offset : insertPosition;
}
