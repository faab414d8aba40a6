import type { CiRun } from '@holdfast/guard/ci-run';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { release } from '../release.js';
import { identitiesOf, situationOf } from './binding.js';
import { commandGates } from './command-gates.js';
import { databaseGate } from './database-gate.js';
import { digestOf, signatureOf } from './digest.js';
import { type Gate, runGate } from './gate.js';
import { Masked } from './masked.js';
import { negativeGates } from './negative-gates.js';
import type { Findings, MaskedCiRun, Pack, Step } from './pack.js';
import type { ProvedService } from './proved-service.js';
import { serviceGates } from './service-gates.js';
import { proofVariables } from './proof.variables.js';
import { migratedStores } from '../service.js';

export interface ProofOptions {
  readonly service: ProvedService;
  readonly negative: boolean;
  readonly validForMinutes: number;
  /** Processes that will serve, for the connection budget. */
  readonly instances: number;
  readonly ci: CiRun | null;
  readonly tell: (line: Masked) => void;
}

/** Second instances that are started at a time. */
const CONCURRENCY = 2;

/** Goes through every gate, whatever one says, and makes the pack. */
export async function prove(settings: Settings, options: ProofOptions): Promise<Pack> {
  const { service, negative, validForMinutes, instances, ci, tell } = options;
  const mask = Masked.masker(settings.secrets);
  const through = (gates: readonly Gate[], atATime: number) =>
    mapConcurrently(gates, atATime, (gate) => runGate(gate, mask, tell));
  const gates = [...serviceGates(service), databaseGate(service, settings)];
  const [served, said, databases] = await Promise.all([
    through(gates, gates.length),
    through(commandGates(instances), 1),
    identitiesOf(settings),
  ]);
  const broken = negative ? await through(negativeGates(settings), CONCURRENCY) : [];
  const steps: readonly Step[] = [...said, ...served, ...broken];

  const orNull = (text: string | null) => (text === null ? null : mask(text));
  const now = Date.now();
  const situation = situationOf(settings, migratedStores(settings.stores));
  const findings: Findings = {
    format: 'holdfast-proof/1',
    verdict: steps.every(({ verdict }) => verdict === 'go') ? 'go' : 'no-go',
    generated_at: Masked.time(new Date(now)),
    expires_at: Masked.time(new Date(now + validForMinutes * 60_000)),
    environment: orNull(settings.environment),
    profile: settings.profile,
    strict: settings.strict,
    instances,
    url: mask(service.url.href),
    node: mask(release.node),
    ci: ci && maskedRun(ci, orNull),
    binding: {
      version: mask(situation.version),
      commit: orNull(situation.commit),
      configuration: Masked.digest(situation.configuration),
      migrations: Masked.digest(situation.migrations),
      databases: databases.map((one) => ({
        name: mask(one.name),
        database: orNull(one.database),
        system_identifier: orNull(one.system_identifier),
      })),
    },
    steps,
  };
  const digest = digestOf(findings);
  const { PROOF_KEY: key } = valuesOf(settings, proofVariables);
  return {
    ...findings,
    digest: Masked.digest(digest),
    signature: key ? Masked.digest(signatureOf(digest, key)) : null,
  };
}

function maskedRun(run: CiRun, orNull: (text: string | null) => Masked | null): MaskedCiRun {
  const { provider, run_url, run_id, repository, commit, branch, actor } = run;
  return {
    provider: orNull(provider),
    run_url: orNull(run_url),
    run_id: orNull(run_id),
    repository: orNull(repository),
    commit: orNull(commit),
    branch: orNull(branch),
    actor: orNull(actor),
  };
}

/** In the order of the list, some at a time. */
async function mapConcurrently<T, R>(
  list: readonly T[],
  atATime: number,
  work: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const entries = list.entries();
  const worker = async () => {
    for (const [index, one] of entries) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}
