import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { artifactOf } from '../../../src/stores/dpm/runs/artifact.js';
import type { Run } from '../../../src/stores/dpm/runs/run.js';
import { anyDocument } from '../../contract/any-document.js';

const RUN: Run = {
  rebalanceRunId: 'run-1',
  correlationId: 'correlation-1',
  requestHash: 'hash-1',
  portfolioId: 'portfolio-1',
  status: 'BLOCKED',
  result: { b: 1, a: [true, null] },
  createdAt: '2026-11-21T12:00:00.000Z',
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the artifact of a run', () => {
  it('is this document', async () => {
    const result_hash = sha256('{"a":[true,null],"b":1}');
    const canonical =
      '{"artifact_version":"1","correlation_id":"correlation-1","created_at":"2026-11-21T12:00:00.000Z",' +
      `"evidence":{"result_hash":"${result_hash}"},"portfolio_id":"portfolio-1",` +
      '"rebalance_run_id":"run-1","request_hash":"hash-1","result":{"a":[true,null],"b":1},"status":"BLOCKED"}';
    expect(JSON.stringify(await artifactOf(RUN))).toBe(
      JSON.stringify({
        artifact_version: '1',
        rebalance_run_id: 'run-1',
        correlation_id: 'correlation-1',
        request_hash: 'hash-1',
        portfolio_id: 'portfolio-1',
        status: 'BLOCKED',
        created_at: '2026-11-21T12:00:00.000Z',
        result: { b: 1, a: [true, null] },
        evidence: { result_hash, artifact_hash: sha256(canonical) },
      }),
    );
  });

  it('is the same for the same run, whatever its result', async () => {
    await fc.assert(
      fc.asyncProperty(anyDocument(3), async (result) => {
        const run = { ...RUN, result };
        expect(await artifactOf(structuredClone(run))).toEqual(await artifactOf(run));
      }),
    );
  });

  it.each<[keyof Run, string]>([
    ['rebalanceRunId', 'other'],
    ['correlationId', 'other'],
    ['requestHash', 'other'],
    ['portfolioId', 'other'],
    ['status', 'READY'],
    ['createdAt', '2026-11-21T12:00:00.001Z'],
    ['result', 'other'],
  ])('has another hash when %s is another', async (field, value) => {
    const one = await artifactOf(RUN);
    const other = await artifactOf({ ...RUN, [field]: value });
    expect(other.evidence.artifact_hash).not.toBe(one.evidence.artifact_hash);
    expect(other.evidence.result_hash === one.evidence.result_hash).toBe(field !== 'result');
  });
});
