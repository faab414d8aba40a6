import { once } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { PassingBytes } from './passing-bytes.js';
import { sentBehind } from './pipeline.js';

/** What is not in the types of `pg`. */
interface Connection {
  readonly stream: Writable;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

const COPY_DATA = 'd'.charCodeAt(0);

/** It does not wait until the server asks for rows: one that refuses the statement ignores them. */
class CopyIn extends pg.Query {
  isAnswered = false;
  readonly written: Promise<number>;

  constructor(statement: string) {
    super(statement);
    this.written = new Promise<number>((resolve, reject) => {
      this.on('error', reject);
      this.on('end', ({ rowCount }: pg.QueryResult) => {
        resolve(Number(rowCount));
      });
    }).finally(() => {
      this.isAnswered = true;
    });
    this.written.catch(() => undefined);
  }

  handleCopyInResponse(): void {
    // They are on their way.
  }
}

export interface RowsSent {
  /** How many the server has taken. */
  readonly written: Promise<number>;
}

/**
 * Sends rows behind whatever was sent before, without waiting for what comes back.
 * @param statement COPY … FROM STDIN
 * @returns when they are sent, or the server has refused them
 * @throws what `blocks` throws; then nothing is written
 */
export async function sendRows(
  client: pg.Client,
  statement: string,
  blocks: Iterable<Buffer>,
): Promise<RowsSent> {
  const { connection } = client as unknown as { readonly connection: Connection };
  const { stream } = connection;
  const copy = new CopyIn(statement);
  const passing = new PassingBytes();
  sentBehind(client, copy);
  try {
    for (const block of blocks) {
      if (stream.writableNeedDrain) await Promise.race([once(stream, 'drain'), copy.written]);
      stream.cork();
      stream.write(header(block));
      stream.write(block);
      stream.uncork();
      passing.add(block.length);
    }
    connection.endCopyFrom();
  } catch (error) {
    if (copy.isAnswered) return copy;
    connection.sendCopyFail('the rows end with an error');
    await copy.written.catch(() => undefined);
    throw error;
  }
  return copy;
}

function header({ length }: Buffer): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(COPY_DATA);
  bytes.writeUInt32BE(length + 4, 1);
  return bytes;
}
