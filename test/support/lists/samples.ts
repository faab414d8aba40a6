import { type Dialect, EPOCH } from './dialects.js';

/** Every two rows of a table are created at the same time, this long after the two before. */
const STEP_SECONDS = 60;

/** Rows of each filled table. */
export interface Extent {
  readonly rows: number;
  /** Of the catalogue. */
  readonly packs: number;
  /** Of what belongs to proposals and is read by their keys. */
  readonly parts: number;
}

/**
 * What the lists have to be quick with. Packs are fewer: each is written by a person, and there is one
 * a portfolio or tenant.
 */
export const MILLION: Extent = { rows: 1_000_000, packs: 100_000, parts: 200_000 };

/** Enough for a planner that does not look at the rows. */
export const HUNDREDS: Extent = { rows: 1000, packs: 200, parts: 500 };

/** The rows of a table: its columns, and the query that they are selected by. */
export interface Filling {
  readonly table: string;
  readonly columns: string;
  readonly select: string;
}

/** The time in the middle of a table of that many rows. */
export function middleOf(rows: number): string {
  return new Date(EPOCH + Math.floor(rows / 4) * STEP_SECONDS * 1000).toISOString();
}

/** A time that every row of a table of that many rows is older than. */
export function endOf(rows: number): string {
  return new Date(EPOCH + rows * STEP_SECONDS * 1000).toISOString();
}

export function idOf(i: number): string {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
}

/** As `idOf`, of an SQL expression. */
export const id = (i: string) =>
  `'00000000-0000-4000-8000-' || substr(CAST(1000000000000 + ${i} AS text), 2)`;

/** 0 to 999 by chance, though the same each time; every factor draws anew. */
export const draw = (factor: number) => `(i * ${factor} % 2147483647 % 1000)`;

/**
 * SQL of what the rows are made of; `i` is the number of a row. Values are as unequal as in practice, and they
 * depend on each other where that is hardest for an index: two values are each frequent and never met together.
 */
export interface Samples {
  /** A FROM clause of so many rows. */
  readonly from: (count: number) => string;
  readonly createdAt: string;
  /** True of one row. */
  readonly once: string;
  /** True of the younger half. */
  readonly lately: string;
  /** True of the rows of one large portfolio. */
  readonly house: string;
  readonly portfolio: string;
  /** True of what a program did, three of ten. */
  readonly robot: string;
  readonly chance: string;
}

export function samplesOf(dialect: Dialect, { rows }: Extent): Samples {
  const once = `i = ${Math.floor(rows / 2)}`;
  const house = `${draw(69621)} < 8`;
  return {
    from: (count) => `FROM ${dialect.numbers(count)}`,
    createdAt: dialect.time(`i / 2 * ${STEP_SECONDS}`),
    once,
    lately: `i > ${Math.floor(rows / 2)}`,
    house,
    portfolio: `CASE WHEN ${once} THEN 'pf-once' WHEN ${house} THEN 'pf-house'
    ELSE 'pf-' || (i * 40692 % 2147483647 % 5000) END`,
    robot: `${draw(16807)} < 300`,
    chance: draw(48271),
  };
}
