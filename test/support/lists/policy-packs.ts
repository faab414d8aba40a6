import { SqlPolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.sql.js';
import { type Filters, pages } from './pages.js';
import type { StoreLists } from './list-case.js';

const PACKS: Filters<SqlPolicyPackRepository> = [
  [{}, 'many'],
  [{ appliesTo: 'PORTFOLIO' }, 'many'],
  [{ appliesTo: 'DEFAULT' }, 'one'],
  [{ targetId: 'target-5' }, 'one', 'entity'],
  [{ targetId: 'target-0' }, 'none', 'entity'],
  [{ appliesTo: 'PORTFOLIO', targetId: 'target-5' }, 'one', 'entity'],
  [{ appliesTo: 'TENANT', targetId: 'target-5' }, 'none', 'entity'],
];

export const lists: StoreLists = {
  fillings: ({ from, createdAt }, { packs }) => [
    {
      table: 'policy_packs',
      columns: `policy_pack_id, applies_to, target_id, version, definition, revision, entity_tag,
      created_at, updated_at`,
      select: `SELECT 'pack-' || i,
        CASE WHEN i = 1 THEN 'DEFAULT' WHEN i <= 4 THEN 'TENANT' ELSE 'PORTFOLIO' END,
        CASE WHEN i > 1 THEN 'target-' || i END, '1', '{}', 1, '1-0', ${createdAt}, ${createdAt}
        ${from(packs)}`,
    },
  ],
  cases: ({ packs }) =>
    pages('policy packs', packs, PACKS, (database) => new SqlPolicyPackRepository(database)),
};
