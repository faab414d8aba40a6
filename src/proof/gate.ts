import { ReasonError } from './proof.reasons.js';
import { type Mask, Masked } from './masked.js';
import type { Step } from './pack.js';

const OUTPUT_CHARACTERS = 16_000;

/** What a gate has found, in texts as they came. */
export interface Finding {
  readonly isGo: boolean;
  readonly got: string;
  readonly output: string;
  readonly exitCode?: number | null;
  readonly httpStatus?: number;
  /** A reason code. */
  readonly code?: string | undefined;
}

export interface Gate {
  readonly name: string;
  /** As somebody would type it to see the same. */
  readonly command: string;
  readonly expected: string;
  readonly look: () => Promise<Finding>;
}

/** Goes through a gate; nothing leaves it unmasked. A reason that is thrown is a no-go with its code. */
export async function runGate(gate: Gate, mask: Mask, tell: (line: Masked) => void): Promise<Step> {
  const startedAt = new Date();
  const finding = await gate.look().catch(failed);
  const { isGo, got, output, exitCode = null, httpStatus = null, code } = finding;
  const step: Step = {
    name: mask(gate.name),
    command: mask(gate.command),
    started_at: Masked.time(startedAt),
    ended_at: Masked.time(new Date()),
    exit_code: exitCode,
    http_status: httpStatus,
    expected: mask(gate.expected),
    got: mask(got),
    code: code === undefined ? null : mask(code),
    output: mask(output).cut(OUTPUT_CHARACTERS),
    verdict: isGo ? 'go' : 'no-go',
  };
  tell(Masked.text`${step.verdict}: ${step.name}: ${step.got}`);
  return step;
}

function failed(error: unknown): Finding {
  if (!(error instanceof ReasonError)) throw error;
  return { isGo: false, got: error.message, code: error.code, output: '' };
}
