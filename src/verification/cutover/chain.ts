import { ReasonError } from '../../reasons.js';
import { broken, type Finding, notRun } from './finding.js';

export type Tell = (name: string, finding: Finding) => void;

/** Checks of one thing, one after the other. */
export interface Chain {
  /** Of its checks, in their order. */
  readonly names: readonly string[];
  /** Tells each finding; what it throws is the finding of the next check, and ends the chain. */
  readonly run: (tell: Tell) => Promise<void>;
}

/** One line of the report. */
export interface Checked extends Finding {
  readonly name: string;
}

/**
 * Runs all chains at once.
 * @param milliseconds after which what is still under way is given up
 * @returns a finding for each check, in the order of the chains
 */
export async function runChains(
  chains: readonly Chain[],
  milliseconds: number,
): Promise<readonly Checked[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, milliseconds, 'late');
  });
  const checked = await Promise.all(chains.map((chain) => runChain(chain, late)));
  clearTimeout(timer);
  return checked.flat();
}

async function runChain({ names, run }: Chain, late: Promise<'late'>): Promise<Checked[]> {
  const findings = new Map<string, Finding>();
  const untold = () => names.find((name) => !findings.has(name));
  const tell: Tell = (name, finding) => findings.set(name, finding);
  const work = run(tell).catch((error: unknown) => {
    const name = untold();
    if (name !== undefined) tell(name, broken(reasonOf(error)));
  });
  const isLate = (await Promise.race([work, late])) === 'late';
  const name = untold();
  if (isLate && name !== undefined) tell(name, broken(new ReasonError('CHECK_TIMED_OUT')));
  const blocking = names.findLast((each) => findings.get(each)?.ok === false);
  return names.map((each) => ({
    name: each,
    ...(findings.get(each) ?? notRun(`${blocking ?? 'what comes before'} failed`)),
  }));
}

function reasonOf(error: unknown): ReasonError {
  return error instanceof ReasonError ? error : new ReasonError('INTERNAL_ERROR', { cause: error });
}
