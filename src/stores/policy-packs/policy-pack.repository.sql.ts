import { isUniqueViolation } from '@holdfast/postgres/faults/faults';
import {
  type Parameters,
  type Sql,
  type SqlDatabase,
  whereClause,
} from '@holdfast/postgres/database/sql-database';
import type { RowOf } from '@holdfast/postgres/entities/define-entity';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { storedTime } from '@holdfast/core/instant';
import { PolicyPackEntity } from './policy-pack.entity.js';
import { type Position, pageStartOf } from '@holdfast/core/page';
import type { PolicyPack } from './policy-pack.js';
import {
  type PolicyPackFilter,
  PolicyPackRepository,
  type WriteOutcome,
} from './policy-pack.repository.js';

const packs = tableColumns(PolicyPackEntity);

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlPolicyPackRepository extends PolicyPackRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async create(pack: PolicyPack): Promise<WriteOutcome> {
    // Waits for a transaction that takes the identifier or the target, and sees what it did.
    const inserted = await this.database.write(
      `INSERT INTO policy_packs (${packs.names}) VALUES (${packs.values})
       ON CONFLICT DO NOTHING RETURNING policy_pack_id`,
      packs.parameters(pack),
    );
    if (inserted.length > 0) return 'stored';
    const { own, other } = await this.database.read((sql) => inTheWay(sql, pack));
    return other && !own ? 'target_taken' : 'overtaken';
  }

  /**
   * Nobody waits for a target that is known to be taken: two packs that swap their targets would
   * wait for each other. A target that is taken in between is found by its unique index.
   */
  async replace(pack: PolicyPack, tagBefore: string): Promise<WriteOutcome> {
    try {
      return await this.database.transaction(async (sql): Promise<WriteOutcome> => {
        const { own, other } = await inTheWay(sql, pack);
        if (own?.entity_tag !== tagBefore) return 'overtaken';
        if (other) return 'target_taken';
        const updated = await sql.run(
          `UPDATE policy_packs
              SET applies_to = :appliesTo, target_id = :targetId, version = :version,
                  definition = :definition, revision = :revision, entity_tag = :entityTag,
                  updated_at = :updatedAt
            WHERE policy_pack_id = :policyPackId AND entity_tag = :tagBefore`,
          { ...packs.parameters(pack), tagBefore },
        );
        return updated > 0 ? 'stored' : 'overtaken';
      });
    } catch (error) {
      if (isUniqueViolation(error)) return 'target_taken';
      throw error;
    }
  }

  async remove(policyPackId: string, entityTag: string): Promise<boolean> {
    const removed = await this.database.write(
      `DELETE FROM policy_packs WHERE policy_pack_id = :policyPackId AND entity_tag = :entityTag
       RETURNING policy_pack_id`,
      { policyPackId, entityTag },
    );
    return removed.length > 0;
  }

  async find(policyPackId: string): Promise<PolicyPack | null> {
    const [pack] = await this.#stalePacks('WHERE policy_pack_id = :policyPackId', { policyPackId });
    return pack ?? null;
  }

  list(filter: PolicyPackFilter, limit: number, after?: Position): Promise<readonly PolicyPack[]> {
    const start = pageStartOf(filter, after);
    return this.#stalePacks(
      `${whereClause({
        'applies_to = :appliesTo': filter.appliesTo,
        'target_id = :targetId': filter.targetId,
        'created_at >= :createdFrom': filter.createdFrom,
        'created_at < :createdTo': start.createdTo,
        '(created_at, policy_pack_id) < (:afterTime, :afterId)': start.after,
      })}
      ORDER BY created_at DESC, policy_pack_id DESC LIMIT :limit`,
      {
        ...filter,
        limit,
        ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
      },
    );
  }

  /** Never stale: whoever asks which policies hold is about to decide by them. */
  async applicable(portfolioId: string, tenantId: string | null): Promise<readonly PolicyPack[]> {
    const rows = await this.database.read((sql) =>
      sql.rows<object>(
        `SELECT ${packs.selected} FROM policy_packs
          WHERE applies_to = 'DEFAULT'
             OR (applies_to = 'PORTFOLIO' AND target_id = :portfolioId)
             OR (applies_to = 'TENANT' AND target_id = :tenantId)`,
        { portfolioId, tenantId },
      ),
    );
    return rows.map((row) => packs.read(row));
  }

  async #stalePacks(clauses: string, parameters: Parameters): Promise<readonly PolicyPack[]> {
    const rows = await this.database.staleRows<object>(
      `SELECT ${packs.selected} FROM policy_packs ${clauses}`,
      parameters,
    );
    return rows.map((row) => packs.read(row));
  }
}

/** The pack of that name, and another pack that has its target. */
async function inTheWay(sql: Sql, { policyPackId, appliesTo, targetId }: PolicyPack) {
  const rows = await sql.rows<
    Pick<RowOf<typeof PolicyPackEntity>, 'policy_pack_id' | 'entity_tag'>
  >(
    `SELECT policy_pack_id, entity_tag FROM policy_packs
      WHERE policy_pack_id = :policyPackId
         OR (applies_to = :appliesTo AND target_id ${targetId === null ? 'IS NULL' : '= :targetId'})`,
    { policyPackId, appliesTo, targetId },
  );
  return {
    own: rows.find((row) => row.policy_pack_id === policyPackId),
    other: rows.find((row) => row.policy_pack_id !== policyPackId),
  };
}
