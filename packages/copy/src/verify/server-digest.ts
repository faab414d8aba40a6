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

/** A text of more than one round of the hash. */
const PROBE = 'a text of more than one round';

/** A column of both sides. */
interface Hashed {
  readonly plain: PlainColumn;
  /** SQL. */
  readonly value: string;
}

/**
 * SQL of PostgreSQL whose sum over the rows of a table is what `FieldDigest` makes of them.
 * @returns undefined for too many columns
 */
export function serverDigestSql(
  { columns }: TargetTable,
  plain: readonly PlainColumn[],
): string | undefined {
  if (columns.length > MAX_COLUMNS) return undefined;
  const hashed = columns.flatMap(({ name }, index): readonly Hashed[] => {
    const column = plain[index];
    return column ? [{ plain: column, value: quoted(name) }] : [];
  });
  const hash = hashed.reduce(addedSql, `${SEED}::bigint`);
  const tests = hashed.flatMap(testSql);
  if (tests.length === 0) return hash;
  return `CASE WHEN ${tests.join(' AND ')} THEN ${hash} ELSE ${hashed.reduce(restSql, hash)} END`;
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
function testSql({ plain: { kind, bytes, hasNulls }, value }: Hashed): readonly string[] {
  if (kind === 'integer' && bytes === 8) return [`${value} BETWEEN -2147483648 AND 2147483647`];
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
 * @param hash what `serverDigestSql` gave
 * @param questions `MAX_QUESTIONS` at most
 * @returns undefined for a server that hashes in another way, or whose texts are not UTF-8
 */
export async function serverDigest(
  client: pg.Client,
  place: string,
  hash: string,
  questions: readonly Question[],
): Promise<StoredRows | undefined> {
  const { rows } = await client.query<[boolean, string, string, string, ...unknown[]]>({
    text: `SELECT ${IS_UTF8}, hashtextextended('${PROBE}' COLLATE "C", ${SEED})::text,
             ${['count(*)::text', `coalesce(sum(${hash}), 0)::text`, ...asTexts(questions)].join(', ')}
             FROM ${place}`,
    rowMode: 'array',
  });
  const [isUtf8 = false, probed = '', count, hashes = '', ...answers] = rows[0] ?? [];
  if (!isUtf8 || BigInt(probed) !== probe()) return undefined;
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
