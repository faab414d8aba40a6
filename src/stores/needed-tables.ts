// Written by `npm run reference` from the migrations and the statements of the stores.
import type { DatabaseNeeds } from '../database/needs.js';

/** By store: what this build's statements need of its tables on PostgreSQL. */
export const neededTables: Readonly<Record<string, DatabaseNeeds>> = {
  dpm: {
    dpm_runs: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        rebalance_run_id: { type: 'text', notNull: true, filled: false },
        correlation_id: { type: 'text', notNull: true, filled: false },
        request_hash: { type: 'text', notNull: true, filled: false },
        portfolio_id: { type: 'text', notNull: true, filled: false },
        status: { type: 'text', notNull: true, filled: false },
        result: { type: 'json', notNull: true, filled: false },
        decisions_count: { type: 'int4', notNull: true, filled: true },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    dpm_run_idempotency: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        idempotency_key: { type: 'text', notNull: true, filled: false },
        body_hash: { type: 'text', notNull: true, filled: false },
        rebalance_run_id: { type: 'text', notNull: true, filled: false },
        uses: { type: 'int4', notNull: true, filled: false },
      },
    },
    dpm_run_idempotency_history: {
      rights: ['SELECT', 'INSERT'],
      columns: {
        idempotency_key: { type: 'text', notNull: true, filled: false },
        use_no: { type: 'int4', notNull: true, filled: false },
        outcome: { type: 'text', notNull: true, filled: false },
        body_hash: { type: 'text', notNull: true, filled: false },
        correlation_id: { type: 'text', notNull: true, filled: false },
        occurred_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    dpm_workflow_decisions: {
      rights: ['SELECT', 'INSERT'],
      columns: {
        decision_id: { type: 'text', notNull: true, filled: false },
        rebalance_run_id: { type: 'text', notNull: true, filled: false },
        sequence_no: { type: 'int4', notNull: true, filled: false },
        action: { type: 'text', notNull: true, filled: false },
        reason_code: { type: 'text', notNull: true, filled: false },
        comment: { type: 'text', notNull: false, filled: false },
        actor_id: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    dpm_async_operations: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        operation_id: { type: 'text', notNull: true, filled: false },
        operation_type: { type: 'text', notNull: true, filled: false },
        status: { type: 'text', notNull: true, filled: false },
        correlation_id: { type: 'text', notNull: true, filled: false },
        rebalance_run_id: { type: 'text', notNull: false, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
        started_at: { type: 'timestamptz', notNull: false, filled: false },
        finished_at: { type: 'timestamptz', notNull: false, filled: false },
        result: { type: 'json', notNull: false, filled: false },
        error: { type: 'json', notNull: false, filled: false },
      },
    },
    dpm_lineage_edges: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        edge_id: { type: 'text', notNull: true, filled: false },
        source: { type: 'text', notNull: true, filled: false },
        edge_type: { type: 'text', notNull: true, filled: false },
        target: { type: 'text', notNull: true, filled: false },
        metadata: { type: 'json', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    dpm_leases: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        name: { type: 'text', notNull: true, filled: false },
        holder: { type: 'text', notNull: true, filled: false },
        expires_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    dpm_request_keys: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        idempotency_key: { type: 'text', notNull: true, filled: false },
        request_hash: { type: 'text', notNull: true, filled: false },
        answer: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
  },
  advisory: {
    proposal_records: {
      rights: ['SELECT', 'INSERT', 'UPDATE'],
      columns: {
        proposal_id: { type: 'text', notNull: true, filled: false },
        portfolio_id: { type: 'text', notNull: true, filled: false },
        mandate_id: { type: 'text', notNull: false, filled: false },
        jurisdiction: { type: 'text', notNull: false, filled: false },
        title: { type: 'text', notNull: false, filled: false },
        advisor_notes: { type: 'text', notNull: false, filled: false },
        created_by: { type: 'text', notNull: true, filled: false },
        current_state: { type: 'text', notNull: true, filled: false },
        current_version_no: { type: 'int4', notNull: true, filled: false },
        revision: { type: 'int4', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
        updated_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    proposal_versions: {
      rights: ['SELECT', 'INSERT'],
      columns: {
        proposal_id: { type: 'text', notNull: true, filled: false },
        version_no: { type: 'int4', notNull: true, filled: false },
        document: { type: 'json', notNull: true, filled: false },
        document_hash: { type: 'text', notNull: true, filled: false },
        created_by: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    proposal_idempotency: {
      rights: ['SELECT', 'INSERT'],
      columns: {
        idempotency_key: { type: 'text', notNull: true, filled: false },
        request_hash: { type: 'text', notNull: true, filled: false },
        proposal_id: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    proposal_workflow_events: {
      rights: ['SELECT', 'INSERT'],
      columns: {
        event_id: { type: 'text', notNull: true, filled: false },
        proposal_id: { type: 'text', notNull: true, filled: false },
        sequence_no: { type: 'int4', notNull: true, filled: false },
        event_type: { type: 'text', notNull: true, filled: false },
        from_state: { type: 'text', notNull: false, filled: false },
        to_state: { type: 'text', notNull: true, filled: false },
        version_no: { type: 'int4', notNull: true, filled: false },
        actor_id: { type: 'text', notNull: true, filled: false },
        reason: { type: 'text', notNull: false, filled: false },
        occurred_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    proposal_approvals: {
      rights: ['SELECT', 'INSERT'],
      columns: {
        approval_id: { type: 'text', notNull: true, filled: false },
        proposal_id: { type: 'text', notNull: true, filled: false },
        sequence_no: { type: 'int4', notNull: true, filled: false },
        approval_type: { type: 'text', notNull: true, filled: false },
        approved: { type: 'bool', notNull: true, filled: false },
        version_no: { type: 'int4', notNull: true, filled: false },
        actor_id: { type: 'text', notNull: true, filled: false },
        comment: { type: 'text', notNull: false, filled: false },
        occurred_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
    proposal_async_operations: {
      rights: ['SELECT'],
      columns: {
        operation_id: { type: 'text', notNull: true, filled: false },
        operation_type: { type: 'text', notNull: true, filled: false },
        status: { type: 'text', notNull: true, filled: false },
        correlation_id: { type: 'text', notNull: true, filled: false },
        idempotency_key: { type: 'text', notNull: false, filled: false },
        proposal_id: { type: 'text', notNull: false, filled: false },
        created_by: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
        started_at: { type: 'timestamptz', notNull: false, filled: false },
        finished_at: { type: 'timestamptz', notNull: false, filled: false },
        result: { type: 'json', notNull: false, filled: false },
        error: { type: 'json', notNull: false, filled: false },
      },
    },
    proposal_request_keys: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        idempotency_key: { type: 'text', notNull: true, filled: false },
        request_hash: { type: 'text', notNull: true, filled: false },
        answer: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
  },
  policy_packs: {
    policy_packs: {
      rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
      columns: {
        policy_pack_id: { type: 'text', notNull: true, filled: false },
        applies_to: { type: 'text', notNull: true, filled: false },
        target_id: { type: 'text', notNull: false, filled: false },
        version: { type: 'text', notNull: true, filled: false },
        definition: { type: 'json', notNull: true, filled: false },
        revision: { type: 'int4', notNull: true, filled: false },
        entity_tag: { type: 'text', notNull: true, filled: false },
        created_at: { type: 'timestamptz', notNull: true, filled: false },
        updated_at: { type: 'timestamptz', notNull: true, filled: false },
      },
    },
  },
};
