import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';

/** What was stored, by the name of a list's path, and what fills the paths. */
export interface Stored {
  readonly counts: Readonly<Record<string, number>>;
  readonly names: Readonly<Record<string, string>>;
}

/** Each of its characters takes one byte to send and six when it is answered. */
const ESCAPED = '\u0001';
const REMARK = ESCAPED.repeat(65_536);
/** Short identifiers take less of an answer than these. */
const ID = ESCAPED.repeat(126);
const MIB = 1024 * 1024;

/** Enough remarks for two pages, if not for three. */
const MANY = 6;
const EDGES = 40;
const PACKS = 40;
const USES = 20;

type Json = Readonly<Record<string, unknown>>;

/** Stores the largest things that the service takes, as many as one answer cannot hold. */
export async function storeLargest(url: string): Promise<Stored> {
  const send = async (method: string, path: string, body: object, key?: string): Promise<Json> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect([response.status, text.slice(0, 300)]).toEqual([
      response.ok ? response.status : 'an ok',
      text.slice(0, 300),
    ]);
    return JSON.parse(text) as Json;
  };
  const post = (path: string, body: object, key?: string) => send('POST', path, body, key);

  const proposal = await storeProposal(post);
  for (let index = 1; index < MANY; index += 1) await createProposal(post, 'small');
  const run = await storeRun(post);
  const operation = await storeOperations(post, run);
  const [other = ''] = await storeEdges(post, run);
  const pack = await storePacks(send);
  return {
    counts: {
      '/rebalance/proposals': MANY,
      '/rebalance/proposals/{proposal_id}/events': 3 * MANY,
      '/rebalance/proposals/{proposal_id}/approvals': MANY,
      '/rebalance/runs': 1,
      '/rebalance/runs/{rebalance_run_id}/workflow/decisions': MANY,
      '/rebalance/workflow/decisions': MANY,
      '/rebalance/runs/by/idempotency-key/{idempotency_key}/history': USES,
      '/rebalance/operations': MANY + 1,
      '/rebalance/lineage/{entity_id}': EDGES,
      '/rebalance/policies/catalog': PACKS,
    },
    names: {
      check: 'migrations',
      proposal_id: proposal,
      version_no: '1',
      rebalance_run_id: run,
      correlation_id: `${ID}c`,
      request_hash: `${ID}h`,
      idempotency_key: 'run-key',
      operation_id: operation,
      entity_id: other,
      policy_pack_id: pack,
    },
  };
}

type Post = (path: string, body: object, key?: string) => Promise<Json>;

const aMebibyte = () => 'x'.repeat(MIB - 2);

async function createProposal(post: Post, document: unknown): Promise<string> {
  const { proposal_id } = await post(
    '/rebalance/proposals',
    {
      portfolio_id: ID,
      created_by: ID,
      title: ESCAPED.repeat(1000),
      advisor_notes: REMARK,
      document,
    },
    randomUUID(),
  );
  return String(proposal_id);
}

/** Approved by risk again and again. */
async function storeProposal(post: Post): Promise<string> {
  const id = await createProposal(post, aMebibyte());
  const own = `/rebalance/proposals/${id}`;
  for (let index = 0; index < MANY; index += 1) {
    await post(`${own}/transitions`, {
      to_state: 'RISK_REVIEW',
      expected_state: 'DRAFT',
      actor_id: ID,
      reason: REMARK,
    });
    await post(`${own}/approvals`, {
      approval_type: 'RISK',
      approved: true,
      expected_state: 'RISK_REVIEW',
      actor_id: ID,
      comment: REMARK,
    });
    if (index === MANY - 1) break;
    await post(`${own}/transitions`, {
      to_state: 'DRAFT',
      expected_state: 'COMPLIANCE_REVIEW',
      actor_id: ID,
    });
  }
  return id;
}

async function storeRun(post: Post): Promise<string> {
  const id = `${ID}r`;
  const body = {
    rebalance_run_id: id,
    correlation_id: `${ID}c`,
    request_hash: `${ID}h`,
    portfolio_id: ID,
    status: 'PENDING_REVIEW',
    result: aMebibyte(),
  };
  for (let use = 0; use < USES; use += 1) await post('/rebalance/runs', body, 'run-key');
  for (let index = 0; index < MANY; index += 1) {
    await post(`/rebalance/runs/${encodeURIComponent(id)}/workflow/decisions`, {
      action: 'REQUEST_CHANGES',
      reason_code: ESCAPED.repeat(64),
      comment: REMARK,
      actor_id: ID,
    });
  }
  return id;
}

/** @returns the one with the largest result */
async function storeOperations(post: Post, run: string): Promise<string> {
  const finished = async (ending: object, correlation_id: string): Promise<string> => {
    const { operation_id } = await post('/rebalance/operations', {
      operation_type: ID,
      correlation_id,
      rebalance_run_id: run,
    });
    await post(`/rebalance/operations/${String(operation_id)}/start`, {});
    await post(`/rebalance/operations/${String(operation_id)}/finish`, ending);
    return String(operation_id);
  };
  for (let index = 0; index < MANY; index += 1)
    await finished({ error: { code: ID, message: REMARK } }, `${ID}${index}`);
  return finished({ result: aMebibyte() }, `${ID}c`);
}

/** From the run to one other, by as many types. @returns the other */
async function storeEdges(post: Post, run: string): Promise<readonly string[]> {
  const other = `${ID}o`;
  for (let index = 0; index < EDGES; index += 1) {
    await post('/rebalance/lineage/edges', {
      source: run,
      edge_type: `${ESCAPED.repeat(60)}${index}`,
      target: other,
      metadata: 'x'.repeat(64 * 1024 - 2),
    });
  }
  return [other];
}

/** Three apply to one portfolio, with as many groups as fit. @returns one of them */
async function storePacks(
  send: (method: string, path: string, body: object) => Promise<Json>,
): Promise<string> {
  const put = (id: string, applies_to: string, target_id: string | undefined) => {
    const groups = Array.from({ length: 2300 }, (_, index): [string, object] => [
      `${id.slice(-1)}${index.toString(36)}`,
      { max_weight: 0 },
    ]);
    const definition = {
      constraint_policy: { group_constraints: Object.fromEntries<object>(groups) },
    };
    return send('PUT', `/rebalance/policies/catalog/${encodeURIComponent(id)}`, {
      applies_to,
      ...(target_id !== undefined && { target_id }),
      version: ESCAPED.repeat(64),
      definition,
    });
  };
  await put(`${ID}d`, 'DEFAULT', undefined);
  await put(`${ID}t`, 'TENANT', 'tenant');
  for (let index = 2; index < PACKS; index += 1)
    await put(`${ID.slice(2)}${10 + index}p`, 'PORTFOLIO', index === 2 ? 'portfolio' : `${index}`);
  return `${ID}d`;
}
