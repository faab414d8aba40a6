const AT = '2026-11-21T12:00:00.000Z';

export const putExample = {
  applies_to: 'TENANT',
  target_id: 'tenant-3',
  version: '2026.11',
  definition: {
    turnover_policy: { max_turnover_pct: 15 },
    constraint_policy: {
      single_position_max_weight: 0.1,
      group_constraints: { 'sector:TECH': { max_weight: 0.25 } },
    },
  },
};

export const packExample = {
  policy_pack_id: 'tenant-3-conservative',
  ...putExample,
  revision: 1,
  created_at: AT,
  updated_at: AT,
};

export const effectiveExample = {
  portfolio_id: 'pf-1001',
  tenant_id: 'tenant-3',
  policies: {
    turnover_policy: { max_turnover_pct: 15 },
    workflow_policy: { enable_workflow_gates: true },
  },
  sources: [
    {
      policy_pack_id: 'tenant-3-conservative',
      applies_to: 'TENANT',
      target_id: 'tenant-3',
      version: '2026.11',
      revision: 1,
    },
    {
      policy_pack_id: 'house',
      applies_to: 'DEFAULT',
      target_id: null,
      version: '2026.1',
      revision: 4,
    },
  ],
  field_sources: {
    'turnover_policy.max_turnover_pct': 'tenant-3-conservative',
    'workflow_policy.enable_workflow_gates': 'house',
  },
  field_sources_truncated: false,
};
