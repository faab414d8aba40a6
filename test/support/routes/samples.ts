import { randomUUID } from 'node:crypto';
import { INGEST_PASSWORD, openSlot } from '../media/open-slot.js';
import { formOf, photoOf } from '../media/photo.js';
import type { Samples } from './reads.js';

const HASH = `sha256:${'0'.repeat(64)}`;

/** Makes records of every store, two of each kind that is listed. @returns what finds them */
export async function samplesOf(url: string): Promise<Samples> {
  const post = async (path: string, body: object, key: string = randomUUID()) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as Readonly<Record<string, string>>;
  };
  const [key, correlation] = [randomUUID(), randomUUID()];
  const run = {
    correlation_id: correlation,
    request_hash: HASH,
    portfolio_id: 'pf',
    status: 'PENDING_REVIEW',
    result: { a: 1 },
  };
  const { rebalance_run_id: runId = '' } = await post('/rebalance/runs', run, key);
  for (const status of ['READY', 'READY'])
    await post('/rebalance/runs', { ...run, correlation_id: randomUUID(), status });
  const decision = { action: 'REQUEST_CHANGES', reason_code: 'R', actor_id: 'me' };
  for (const action of ['REQUEST_CHANGES', 'APPROVE'])
    await post(`/rebalance/runs/${runId}/workflow/decisions`, { ...decision, action });
  const job = { operation_type: 'T', correlation_id: correlation, rebalance_run_id: runId };
  const { operation_id: operation = '' } = await post('/rebalance/operations', job);
  await post('/rebalance/operations', { operation_type: 'T', rebalance_run_id: runId });
  for (const target of ['one', 'two'])
    await post('/rebalance/lineage/edges', { source: 'pf', edge_type: 'T', target });
  const draft = { portfolio_id: 'pf', created_by: 'me', document: { a: 1 } };
  const { proposal_id: proposal = '' } = await post('/rebalance/proposals', draft);
  await post('/rebalance/proposals', draft);
  await approved(post, proposal);
  for (const name of ['pack-1', 'pack-2'])
    await put(`${url}/rebalance/policies/catalog/${name}`, {
      version: '1',
      applies_to: 'PORTFOLIO',
      target_id: name,
      definition: {},
    });
  return {
    rebalance_run_id: runId,
    correlation_id: correlation,
    request_hash: HASH,
    idempotency_key: key,
    operation_id: operation,
    operation_type: 'T',
    entity_id: 'pf',
    proposal_id: proposal,
    version_no: '1',
    portfolio_id: 'pf',
    policy_pack_id: 'pack-1',
    created_by: 'me',
    created_from: '2000-01-01T00:00:00.000Z',
    created_to: '2100-01-01T00:00:00.000Z',
    slot_id: 'slot-001',
    job_id: await aJob(url),
    name: randomUUID(),
  };
}

type Post = (path: string, body: object) => Promise<unknown>;

async function approved(post: Post, proposal: string): Promise<void> {
  const path = `/rebalance/proposals/${proposal}`;
  const move = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'me' };
  await post(`${path}/transitions`, move);
  for (const [kind, state] of [
    ['RISK', 'RISK_REVIEW'],
    ['COMPLIANCE', 'COMPLIANCE_REVIEW'],
  ])
    await post(`${path}/approvals`, {
      approval_type: kind,
      approved: true,
      expected_state: state,
      actor_id: 'me',
    });
}

async function put(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
  // It may be there from before.
  if (!answer.ok && answer.status !== 428) throw new Error(`PUT ${url}: ${await answer.text()}`);
}

/** A photo that was answered. */
async function aJob(url: string): Promise<string> {
  await openSlot(url);
  const body = formOf([
    ['password', INGEST_PASSWORD],
    ['file', photoOf(900)],
  ]);
  const answer = await fetch(`${url}/api/ingest/slot-001`, { method: 'POST', body });
  const job = answer.headers.get('x-job-id');
  if (!answer.ok || job === null) throw new Error(`a photo was answered ${answer.status}`);
  return job;
}
