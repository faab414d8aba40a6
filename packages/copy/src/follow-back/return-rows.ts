import type pg from 'pg';
import { digestRows } from '../postgres/load.js';
import { fieldsOf } from '../rows/copy-text.js';

const NEWLINE = 0x0a;
const TEXT_FORMAT = { copyFormat: 'text', header: Buffer.alloc(0) } as const;

/**
 * Gives each row of a SELECT, field by field, as COPY writes them: in memory is what has come, however many there are.
 * @param select in parentheses
 * @throws what `take` throws, when all has come: a connection that is left in between is of no more use
 */
export async function eachRow(
  client: pg.Client,
  select: string,
  take: (fields: readonly (string | null)[]) => void,
): Promise<void> {
  const failures: unknown[] = [];
  await digestRows(client, select, TEXT_FORMAT, {
    takeStored: (bytes) => {
      const end = bytes.lastIndexOf(NEWLINE);
      if (end < 0) return 0;
      if (failures.length > 0) return end + 1;
      try {
        for (const line of bytes.toString('utf8', 0, end).split('\n')) take(fieldsOf(line));
      } catch (error) {
        failures.push(error);
      }
      return end + 1;
    },
  });
  if (failures.length > 0) throw failures[0];
}
