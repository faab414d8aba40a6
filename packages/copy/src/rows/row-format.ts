import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { FieldDigest } from '../verify/field-digest.js';
import { Rest } from '../verify/rest.js';
import { RowDigest } from '../verify/row-digest.js';
import type { RowsDigest } from '../verify/rows-digest.js';
import { type ServerDigest, serverDigestSql } from '../verify/server-digest.js';
import { BINARY_HEADER } from './binary-block.js';
import { binaryBlocks, blocksOfValues } from './binary-blocks.js';
import { convertRows } from './convert-rows.js';
import { lineBlocks } from './line-blocks.js';
import { areNarrow, type PlainColumn, plainColumns } from './plain-columns.js';
import { pageBlocks } from './page-blocks.js';
import type { Reading } from './reading.js';
import type { Value } from './value.js';

/** How rows are read: many at once from pages or lines that SQLite makes, as bytes, or judged and converted one by one. */
export type RowFormatName = 'lines' | 'binary' | 'judged';

/** How the rows of a table travel. */
export interface RowFormat {
  readonly name: RowFormatName;
  /** Of COPY. */
  readonly copyFormat: 'text' | 'binary';
  /** What one COPY begins with, in both directions. */
  readonly header: Buffer;
  readonly read: (reading: Reading) => RowsRead;
  /** Of rows that are stored. */
  readonly newDigest: () => RowsDigest;
  /** How a server makes the same digest; undefined where it cannot. */
  readonly serverDigest: ServerDigest | undefined;
}

export interface RowsRead {
  /** As COPY takes them. */
  readonly blocks: Generator<Buffer, void, undefined>;
  /** Of what was read, as far as it was taken; undefined when it is not wanted. */
  readonly digest: RowsDigest | undefined;
}

const NOTHING = Buffer.alloc(0);

/**
 * The fastest format that the rows of a table can travel in: values that need no judging go as
 * SQLite has them, narrow rows by the page, wide ones without being made text.
 */
export function formatFor(source: SourceDatabase, table: TargetTable): RowFormat {
  const plain = plainColumns(source, table);
  if (!plain) return judgedFormat(source, table);
  return areNarrow(table, plain)
    ? lineFormat(source, table, plain)
    : binaryFormat(source, table, plain);
}

function lineFormat(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly PlainColumn[],
): RowFormat {
  return {
    name: 'lines',
    copyFormat: 'binary',
    header: BINARY_HEADER,
    read: (reading) => {
      const { counts, digest } = reading;
      const judge = (until: bigint) => blocksOfValues(source, table, columns, reading, until);
      const blocks = pageBlocks(source, table, columns, counts, (until) =>
        lineBlocks(source, table, columns, counts, judge, until),
      );
      return digested(blocks, digest && new FieldDigest(columns, digest.before));
    },
    newDigest: () => new FieldDigest(columns),
    serverDigest: serverDigestSql(table, columns),
  };
}

function binaryFormat(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly PlainColumn[],
): RowFormat {
  return {
    name: 'binary',
    copyFormat: 'binary',
    header: BINARY_HEADER,
    read: (reading) =>
      digested(
        binaryBlocks(source, table, columns, reading),
        reading.digest && new FieldDigest(columns, reading.digest.before),
      ),
    newDigest: () => new FieldDigest(columns),
    serverDigest: serverDigestSql(table, columns),
  };
}

/** For columns of any type. */
export function judgedFormat(source: SourceDatabase, table: TargetTable): RowFormat {
  return {
    name: 'judged',
    copyFormat: 'text',
    header: NOTHING,
    read: (reading) => {
      const digest = reading.digest && new RowDigest(table.columns, reading.digest.before);
      const taken = (values: readonly Value[]) => {
        digest?.addSource(values);
      };
      return { blocks: convertRows(source, table, reading, { taken }), digest };
    },
    newDigest: () => new RowDigest(table.columns),
    serverDigest: undefined,
  };
}

/** What is sent is digested as what is stored will be. */
function digested(blocks: RowsRead['blocks'], digest: RowsDigest | undefined): RowsRead {
  function* taken(): RowsRead['blocks'] {
    const rest = new Rest((bytes) => digest?.takeStored(bytes) ?? bytes.length);
    for (const block of blocks) {
      rest.add(block);
      yield block;
    }
  }
  return { blocks: digest ? taken() : blocks, digest };
}
