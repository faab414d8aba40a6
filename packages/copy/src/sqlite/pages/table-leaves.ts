import { NotUnderstood, type Page, type PageReader } from './page-file.js';
import { Varints } from './varint.js';

const INTERIOR = 0x05;
const LEAF = 0x0d;

/** Bytes of a page's header. */
const INTERIOR_HEADER = 12;
const LEAF_HEADER = 8;
const CELLS_AT = 3;
const RIGHTMOST_AT = 8;
const POINTER_BYTES = 2;
const CHILD_BYTES = 4;

/** SQLite's own bound. */
const MOST_LEVELS = 20;

/** A leaf of a table's tree. */
export interface Leaf extends Page {
  /** Rows. */
  readonly cells: number;
}

interface Child {
  readonly page: number;
  /** No row of it has a greater rowid; undefined for the last one. */
  readonly greatest: number | undefined;
}

/**
 * The leaves of a table that may hold rows behind one, in the order of rowids; each until the next is asked for.
 * @param root the page that its tree begins with
 * @param after a rowid
 * @throws NotUnderstood
 */
export function* tableLeaves(
  pages: PageReader,
  root: number,
  after: number,
): Generator<Leaf, void> {
  yield* leavesBelow(pages, root, after, MOST_LEVELS);
}

function* leavesBelow(
  pages: PageReader,
  number: number,
  after: number,
  levels: number,
): Generator<Leaf, void> {
  const page = pages.page(number);
  const { bytes, view, start, end } = page;
  const cells = view.getUint16(start + CELLS_AT);
  if (bytes[start] === LEAF) {
    if (start + LEAF_HEADER + cells * POINTER_BYTES > end) throw new NotUnderstood();
    yield { ...page, cells };
    return;
  }
  if (bytes[start] !== INTERIOR || levels === 0) throw new NotUnderstood();
  for (const { page: child, greatest } of childrenOf(page, cells)) {
    if (greatest === undefined || greatest > after)
      yield* leavesBelow(pages, child, after, levels - 1);
  }
}

function childrenOf({ bytes, view, start, end }: Page, cells: number): readonly Child[] {
  const pointers = start + INTERIOR_HEADER;
  if (pointers + cells * POINTER_BYTES > end) throw new NotUnderstood();
  const varints = new Varints();
  const children: Child[] = [];
  for (let cell = 0; cell < cells; cell += 1) {
    const at = start + view.getUint16(pointers + cell * POINTER_BYTES);
    if (at + CHILD_BYTES > end) throw new NotUnderstood();
    varints.at = at + CHILD_BYTES;
    const greatest = varints.next(bytes, end);
    if (greatest < 0) throw new NotUnderstood();
    children.push({ page: view.getUint32(at), greatest });
  }
  return [...children, { page: view.getUint32(start + RIGHTMOST_AT), greatest: undefined }];
}

/** @returns where a row begins; not inside the page where that is not sound */
export function cellAt({ view, start }: Leaf, cell: number): number {
  return start + view.getUint16(start + LEAF_HEADER + cell * POINTER_BYTES);
}

/** @throws NotUnderstood where the last row of a leaf has none that is exact as a double */
export function greatestRowid(leaf: Leaf): number {
  const varints = new Varints();
  varints.at = cellAt(leaf, leaf.cells - 1);
  const payload = varints.next(leaf.bytes, leaf.end);
  const rowid = varints.next(leaf.bytes, leaf.end);
  if (payload < 0 || rowid < 0) throw new NotUnderstood();
  return rowid;
}
