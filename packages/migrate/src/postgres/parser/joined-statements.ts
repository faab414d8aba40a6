import type { ParseResult } from 'libpg-query';
import { loadParser, type Parser } from './parser.js';
import { type MigrationText, statementsIn, type Statement, statementsOf } from './statements.js';

/**
 * Stands between two texts: where it is found as a statement of its own, at its place, what is before it is whole, and
 * nothing of it is open, be it a quote, a comment or the body of a function.
 */
const BETWEEN = '\n;CHECKPOINT;';
const MARK = BETWEEN.indexOf('CHECKPOINT');

/** Bytes of one text for the parser. */
const MOST_BYTES = 1 << 18;

interface Piece {
  readonly migration: MigrationText;
  /** In bytes of the joined text. */
  readonly from: number;
  readonly to: number;
}

/** A reset asks what the migrations have made, and then applies them. A process that goes on needs the memory. */
const known = new WeakMap<MigrationText, WeakRef<readonly Statement[]>>();

/**
 * The statements of each migration, as `statementsOf` finds them, by one call of the parser for many: a call costs more than
 * what it parses in most migrations. Remembered while there is memory to spare.
 * @throws MIGRATION_INVALID:<store>:<version> of the first that is no SQL
 */
export async function statementsOfEach(
  migrations: readonly MigrationText[],
): Promise<readonly (readonly Statement[])[]> {
  const remembered = migrations.map((migration) => known.get(migration)?.deref());
  const parsed = await parseEach(migrations.filter((_, index) => !remembered[index]));
  let next = 0;
  return migrations.map((migration, index) => {
    const statements = remembered[index] ?? parsed[next++] ?? [];
    known.set(migration, new WeakRef(statements));
    return statements;
  });
}

async function parseEach(
  migrations: readonly MigrationText[],
): Promise<readonly (readonly Statement[])[]> {
  const found: (readonly Statement[])[] = [];
  for (const batch of batchesOf(migrations)) {
    const joined = batch.length > 1 ? await parseJoined(batch) : undefined;
    if (joined) found.push(...joined);
    else for (const migration of batch) found.push(await statementsOf(migration));
  }
  return found;
}

function batchesOf(migrations: readonly MigrationText[]): readonly (readonly MigrationText[])[] {
  const batches: MigrationText[][] = [];
  let bytes = 0;
  for (const migration of migrations) {
    const own = Buffer.byteLength(migration.sql);
    const batch = batches.at(-1);
    if (batch && bytes + own <= MOST_BYTES) batch.push(migration);
    else {
      batches.push([migration]);
      bytes = 0;
    }
    bytes += own;
  }
  return batches;
}

/** @returns undefined where they are not what each of them is alone: one of them is no SQL */
async function parseJoined(
  migrations: readonly MigrationText[],
): Promise<readonly (readonly Statement[])[] | undefined> {
  const parsed = parseIfSql(await loadParser(), migrations.map(({ sql }) => sql).join(BETWEEN));
  if (!parsed) return undefined;
  const statements = [...(parsed.stmts ?? [])].reverse();
  const found: (readonly Statement[])[] = [];
  for (const { migration, from, to } of piecesOf(migrations)) {
    const own: typeof statements = [];
    for (let next = statements.at(-1); next && startOf(next) < to; next = statements.at(-1)) {
      const start = startOf(next);
      const end = start + (next.stmt_len ?? to - start);
      // The newline before the mark belongs to a statement without a semicolon.
      if (end > to + 1) return undefined;
      own.push({ ...next, stmt_location: start - from, stmt_len: Math.min(end, to) - start });
      statements.pop();
    }
    found.push(statementsIn(migration.sql, own));
    if (found.length === migrations.length) return statements.length === 0 ? found : undefined;
    const mark = statements.pop();
    if (!mark || startOf(mark) !== to + MARK || !('CheckPointStmt' in (mark.stmt ?? {})))
      return undefined;
  }
  return undefined;
}

function parseIfSql({ parse, hasSqlDetails }: Parser, text: string): ParseResult | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (hasSqlDetails(error)) return undefined;
    throw error;
  }
}

function piecesOf(migrations: readonly MigrationText[]): readonly Piece[] {
  let from = 0;
  return migrations.map((migration) => {
    const piece = { migration, from, to: from + Buffer.byteLength(migration.sql) };
    from = piece.to + BETWEEN.length;
    return piece;
  });
}

function startOf({ stmt_location: start = 0 }: { readonly stmt_location?: number }): number {
  return start;
}
