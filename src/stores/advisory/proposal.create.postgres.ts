import { GroupedCalls } from '@holdfast/postgres/database/grouped-calls';
import type { Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { throwNotStored, assertSameRowCounts } from '@holdfast/postgres/database/assert-stored';
import type { RowOf } from '@holdfast/postgres/entities/define-entity';
import type { ProposalKeyEntity } from './entities/proposal-key.entity.js';
import type { ProposalChange, ProposalVersion } from './proposal.js';
import type { CreateOutcome, IdempotencyKey } from './proposal.repository.js';
import { proposalPart, proposals, SELECT_CREATED, versionPart } from './proposal.columns.js';

export interface Creation {
  readonly change: ProposalChange & { readonly version: ProposalVersion };
  readonly key: IdempotencyKey;
}

/** A creation as it is sent: once it is a text, its size is known. */
interface Prepared {
  readonly key: IdempotencyKey;
  /** `rowOf`, as JSON. */
  readonly row: string;
}

/**
 * In one order of the keys, so that two groups never wait for each other. What a proposal, its first
 * version and its first event have in common is sent and read once: their statements are written out.
 */
const CREATE = `
WITH input AS (
  SELECT * FROM json_to_recordset(CAST(:creations AS json)) AS creation (
    idempotency_key text, request_hash text, ${proposals.definitions},
    document json, document_hash text, event_id text, event_type text, reason text)
), claimed AS (
  INSERT INTO proposal_idempotency (idempotency_key, request_hash, proposal_id, created_at)
  SELECT idempotency_key, request_hash, proposal_id, created_at FROM input ORDER BY idempotency_key
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING idempotency_key
), creation AS (
  SELECT input.* FROM input JOIN claimed USING (idempotency_key)
), records AS (
  INSERT INTO proposal_records (${proposals.names}) SELECT ${proposals.names} FROM creation
  RETURNING proposal_id
), versions AS (
  INSERT INTO proposal_versions
    (proposal_id, version_no, document, document_hash, created_by, created_at)
  SELECT proposal_id, current_version_no, coalesce(document, 'null'), document_hash, created_by,
    created_at FROM creation
  RETURNING proposal_id
), events AS (
  INSERT INTO proposal_workflow_events (event_id, proposal_id, sequence_no, event_type, to_state,
    version_no, actor_id, reason, occurred_at)
  SELECT event_id, proposal_id, revision, event_type, current_state, current_version_no, created_by,
    reason, created_at FROM creation
  RETURNING proposal_id
)
SELECT idempotency_key, ${assertSameRowCounts('claimed', ['records', 'versions', 'events'])} FROM claimed`;

const REPLAY = `${SELECT_CREATED}
 WHERE i.idempotency_key IN (SELECT json_array_elements_text(CAST(:keys AS json)))`;

/** What `REPLAY` selects, beside a proposal and its version. */
type ReplayRow = Pick<RowOf<typeof ProposalKeyEntity>, 'idempotency_key' | 'request_hash'>;

/**
 * Creates the proposals that arrive together in one round trip; those whose key is taken are looked
 * up in a second one.
 */
export class GroupedCreations {
  readonly #writes = new GroupedCalls<Prepared, CreateOutcome>({
    run: (take) => this.database.read((sql) => createAll(sql, take())),
    bytesOf: ({ row }) => row.length,
  });

  constructor(private readonly database: SqlDatabase) {}

  create(creation: Creation): Promise<CreateOutcome> {
    return this.#writes.add({ key: creation.key, row: JSON.stringify(rowOf(creation)) });
  }
}

async function createAll(sql: Sql, group: readonly Prepared[]): Promise<readonly CreateOutcome[]> {
  if (group.length === 0) return [];
  const firstByKey = new Map(group.toReversed().map((each) => [each.key.key, each]));
  const rows = [...firstByKey.values()].map(({ row }) => row);
  const claimed = await sql.rows<{ readonly idempotency_key: string }>(CREATE, {
    creations: `[${rows.join(',')}]`,
  });
  const created = new Set(claimed.map(({ idempotency_key: key }) => firstByKey.get(key)));
  const known = await knownOf(
    sql,
    group.filter((each) => !created.has(each)),
  );
  const outcomes: CreateOutcome[] = [];
  for (const each of group) {
    outcomes.push(created.has(each) ? { outcome: 'created' } : await outcomeOf(each.key, known));
  }
  return outcomes;
}

async function knownOf(
  sql: Sql,
  group: readonly Prepared[],
): Promise<ReadonlyMap<string, ReplayRow>> {
  if (group.length === 0) return new Map();
  const keys = JSON.stringify(group.map(({ key }) => key.key));
  const rows = await sql.rows<ReplayRow>(REPLAY, { keys });
  return new Map(rows.map((row) => [row.idempotency_key, row]));
}

async function outcomeOf(
  { key, requestHash }: IdempotencyKey,
  known: ReadonlyMap<string, ReplayRow>,
): Promise<CreateOutcome> {
  const row = known.get(key);
  if (!row) throwNotStored();
  return row.request_hash === requestHash
    ? {
        outcome: 'replayed',
        proposal: proposalPart.read(row),
        version: await versionPart.readLarge(row),
      }
    : { outcome: 'conflict' };
}

/** A creation as `CREATE` reads it: one JSON object of columns. */
function rowOf({ change: { proposal, version, event }, key }: Creation): object {
  return {
    idempotency_key: key.key,
    request_hash: key.requestHash,
    ...proposals.row(proposal),
    document: version.document,
    document_hash: version.documentHash,
    event_id: event.eventId,
    event_type: event.eventType,
    reason: event.reason,
  };
}
