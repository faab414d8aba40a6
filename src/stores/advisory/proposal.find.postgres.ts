import { GroupedCalls } from '@holdfast/postgres/database/grouped-calls';
import type { Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SELECT_CURRENT } from './proposal.columns.js';

/** Of the current version; with `:proposalIds`, a JSON array. */
const FIND = `${SELECT_CURRENT}
 WHERE p.proposal_id IN (SELECT json_array_elements_text(CAST(:proposalIds AS json)))`;

/** What a proposal is taken for before it is read: as many of the largest ones as are found at once fit into memory. */
const EXPECTED_BYTES = 64 * 1024;

/** Finds the proposals that are asked for together in one round trip. */
export class GroupedFinds {
  readonly #reads = new GroupedCalls<string, object | undefined>({
    run: (take) => this.database.read((sql) => findAll(sql, take())),
    bytesOf: () => EXPECTED_BYTES,
  });

  constructor(private readonly database: SqlDatabase) {}

  /** @returns its row and that of its current version */
  find(proposalId: string): Promise<object | undefined> {
    return this.#reads.add(proposalId);
  }
}

async function findAll(
  sql: Sql,
  proposalIds: readonly string[],
): Promise<readonly (object | undefined)[]> {
  if (proposalIds.length === 0) return [];
  const rows = await sql.rows<{ readonly proposal_id: string }>(FIND, {
    proposalIds: JSON.stringify([...new Set(proposalIds)]),
  });
  const found = new Map(rows.map((row) => [row.proposal_id, row]));
  return proposalIds.map((proposalId) => found.get(proposalId));
}
