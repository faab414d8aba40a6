import type pg from 'pg';
import type { TargetTable } from '../postgres/target-table.js';
import type { PlainColumn } from '../rows/plain-columns.js';
import { quoted } from '../sqlite/identifiers.js';
import { asTexts, IS_UTF8, type TargetAnswers } from './aggregates.js';
import { SEED } from './field-digest.js';
import { Lookup3 } from './lookup3.js';
import type { Question } from './questions.js';
import { WideSum } from './wide-sum.js';

/** Each column is a call within a call, of which a server's stack holds some thousands. */
const MAX_COLUMNS = 200;

/** Of 32 bits. */
const LEAST = -(2 ** 31);
const GREATEST = 2 ** 31 - 1;

/** A text of more than one round of the hash. */
const PROBE = 'a text of more than one round';

/** A column of both sides. */
interface Hashed {
  readonly plain: PlainColumn;
  /** SQL. */
  readonly value: string;
}

/** SQL of PostgreSQL whose sum over the rows of a table is what `FieldDigest` makes of them. */
export interface ServerDigest {
  readonly hash: string;
  /** The same, in less time, of a table whose whole numbers have 32 bits at most, which is asked about all of its rows. */
  readonly ofNarrow: { readonly hash: string; readonly isNarrow: string };
}

/** @returns undefined for too many columns */
export function serverDigestSql(
  { columns }: TargetTable,
  plain: readonly PlainColumn[],
): ServerDigest | undefined {
  if (columns.length > MAX_COLUMNS) return undefined;
  const hashed = columns.flatMap(({ name }, index): readonly Hashed[] => {
    const column = plain[index];
    return column ? [{ plain: column, value: quoted(name) }] : [];
  });
  const wide = hashed.filter(isWide);
  return {
    hash: hashSql(hashed, hashed),
    ofNarrow: {
      hash: hashSql(
        hashed,
        hashed.filter((each) => !wide.includes(each)),
      ),
      isNarrow: wide.map(allNarrowSql).join(' AND ') || 'true',
    },
  };
}

/** @param tested columns whose values the hash may not tell whole */
function hashSql(hashed: readonly Hashed[], tested: readonly Hashed[]): string {
  const hash = hashed.reduce(addedSql, `${SEED}::bigint`);
  const tests = tested.flatMap(testSql);
  if (tests.length === 0) return hash;
  return `CASE WHEN ${tests.join(' AND ')} THEN ${hash} ELSE ${hashed.reduce(restSql, hash)} END`;
}

function isWide({ plain: { kind, bytes } }: Hashed): boolean {
  return kind === 'integer' && bytes === 8;
}

/** SQL of all rows: none of a column's values is NULL, or has more than 32 bits. */
function allNarrowSql({ plain: { hasNulls }, value }: Hashed): string {
  const within = `coalesce(min(${value}) >= ${LEAST} AND max(${value}) <= ${GREATEST}, true)`;
  return hasNulls ? `count(${value}) = count(*) AND ${within}` : within;
}

/** SQL: a hash that goes on with a value. */
function addedSql(hash: string, { plain: { kind, bytes, hasNulls }, value }: Hashed): string {
  const or = (instead: string) => (hasNulls ? `coalesce(${value}, ${instead})` : value);
  switch (kind) {
    case 'integer':
      return bytes === 8
        ? `hashint8extended(${or('0')}, ${hash})`
        : `hashint4extended(${or('0')}::int, ${hash})`;
    case 'real':
      return `hashfloat8extended(${or('0')}, ${hash})`;
    case 'text':
      return `hashtextextended(${or("''")}::text COLLATE "C", ${hash})`;
    case 'blob':
      return `hash_record_extended(ROW(${or("''")}), ${hash})`;
  }
}

/** SQL: the hash tells a value whole; NULL or false where it does not. */
function testSql(column: Hashed): readonly string[] {
  const {
    plain: { kind, hasNulls },
    value,
  } = column;
  if (isWide(column)) return [`${value} BETWEEN ${LEAST} AND ${GREATEST}`];
  if (kind === 'real') return [`${value} <> 0`];
  return hasNulls ? [`${value} IS NOT NULL`] : [];
}

/** SQL: a hash that goes on with what a value's hash does not tell. */
function restSql(hash: string, { plain: { kind, bytes, hasNulls }, value }: Hashed): string {
  const marked = `hashint4extended(${hasNulls ? `(${value} IS NULL)::int` : '0'}, ${hash})`;
  if (kind === 'integer' && bytes === 8)
    return `hashint4extended(coalesce((${value} >> 32)::int, 0), ${marked})`;
  return kind === 'real'
    ? `hashint4extended(coalesce((${value}::text = '-0')::int, 0), ${marked})`
    : marked;
}

/** What a table holds. */
export interface StoredRows {
  readonly rows: number;
  readonly digest: string;
  readonly asked: TargetAnswers;
}

/**
 * Has a server read all rows of a table, digest them, and answer what is asked about them.
 * @param place the table, whose columns have the types that the hash was made for
 * @param digest what `serverDigestSql` gave
 * @param questions `MAX_QUESTIONS` at most
 * @param isNarrow whether its whole numbers are thought to have 32 bits at most
 * @returns undefined for a server that hashes in another way, or whose texts are not UTF-8
 */
export async function serverDigest(
  client: pg.Client,
  place: string,
  digest: ServerDigest,
  questions: readonly Question[],
  isNarrow = false,
): Promise<StoredRows | undefined> {
  const { hash } = isNarrow ? digest.ofNarrow : digest;
  const { rows } = await client.query<[boolean, string, boolean, string, string, ...unknown[]]>({
    text: `SELECT ${IS_UTF8}, hashtextextended('${PROBE}' COLLATE "C", ${SEED})::text,
             ${isNarrow ? digest.ofNarrow.isNarrow : true}, ${['count(*)::text', `coalesce(sum(${hash}), 0)::text`, ...asTexts(questions)].join(', ')}
             FROM ${place}`,
    rowMode: 'array',
  });
  const [isUtf8 = false, probed = '', isSo, count, hashes = '', ...answers] = rows[0] ?? [];
  if (!isUtf8 || BigInt(probed) !== probe()) return undefined;
  if (isSo === false) return serverDigest(client, place, digest, questions);
  const sum = new WideSum();
  sum.addWhole(BigInt(hashes));
  return { rows: Number(count), digest: String(sum), asked: { answers, isUtf8 } };
}

function probe(): bigint {
  const bytes = Buffer.from(PROBE);
  const hash = new Lookup3();
  hash.begin(SEED);
  hash.addBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  return BigInt.asIntN(64, (BigInt(hash.high) << 32n) + BigInt(hash.low >>> 0));
}
