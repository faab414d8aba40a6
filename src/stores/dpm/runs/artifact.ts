import { yieldToEventLoop } from '@holdfast/core/event-loop-yield';
import { measureLargeJson, type JsonValue } from '@holdfast/core/json';
import type { Run, RunStatus } from './run.js';

/** What can be handed out as evidence of a run. The names are part of what is hashed. */
export interface RunArtifact {
  readonly artifact_version: '1';
  readonly rebalance_run_id: string;
  readonly correlation_id: string;
  readonly request_hash: string;
  readonly portfolio_id: string;
  readonly status: RunStatus;
  readonly created_at: string;
  readonly result: JsonValue;
  readonly evidence: {
    /** SHA-256 of the canonical result (RFC 8785). */
    readonly result_hash: string;
    /** Likewise, of the artifact without this field. */
    readonly artifact_hash: string;
  };
}

/** Derived from the run alone: the same run gives the same artifact, byte for byte. */
export async function artifactOf(run: Run): Promise<RunArtifact> {
  return (await measuredArtifactOf(run)).artifact;
}

/** `artifactOf`, with its bytes as JSON in UTF-8 without the hash that is made of them. */
export async function measuredArtifactOf(
  run: Run,
): Promise<{ readonly artifact: RunArtifact; readonly bytes: number }> {
  // The run has just been read: others may have been, in the same turn.
  await yieldToEventLoop();
  const evidence = { result_hash: (await measureLargeJson(run.result)).hash };
  const artifact = {
    artifact_version: '1',
    rebalance_run_id: run.rebalanceRunId,
    correlation_id: run.correlationId,
    request_hash: run.requestHash,
    portfolio_id: run.portfolioId,
    status: run.status,
    created_at: run.createdAt,
    result: run.result,
    evidence,
  } as const;
  const { hash: artifact_hash, bytes } = await measureLargeJson(artifact);
  return { artifact: { ...artifact, evidence: { ...evidence, artifact_hash } }, bytes };
}
