import { ReasonError } from './cutover.reasons.js';
import { broken, type Finding, notRun } from './finding.js';

export type ReportFinding = (name: string, finding: Finding) => void;

/** Checks of one thing, one after the other. */
export interface Chain {
  /** Of its checks, in their order. */
  readonly names: readonly string[];
  /** Reports each finding; what it throws is the finding of the next check, and ends the chain. */
  readonly run: (report: ReportFinding) => Promise<void>;
}

/** One line of the report. */
export interface Checked extends Finding {
  readonly name: string;
}

/** What is reported of the checks while they are made: first which there are, then each finding. */
export type CheckMessage = { readonly planned: readonly string[] } | { readonly checked: Checked };

/**
 * Milliseconds for each check by itself: more than its queries may take, less than a person who deploys
 * waits. A machine that is busy makes all of them slow, and none of them fail.
 */
const CHECK_MS = 10_000;

/** Runs all chains concurrently, and reports a finding for each check. */
export async function runChains(
  chains: readonly Chain[],
  report: (checked: Checked) => void,
): Promise<void> {
  await Promise.all(chains.map((chain) => runChain(chain, report)));
}

async function runChain({ names, run }: Chain, report: (checked: Checked) => void): Promise<void> {
  const findings = new Map<string, Finding>();
  const record: ReportFinding = (name, finding) => {
    findings.set(name, finding);
    report({ name, ...finding });
  };
  await new Promise<void>((resolve) => {
    let isOver = false;
    const conclude = (finding?: Finding) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      const name = names.find((each) => !findings.has(each));
      if (finding && name !== undefined) record(name, finding);
      resolve();
    };
    const timer = setTimeout(() => {
      conclude(broken(new ReasonError('CHECK_TIMED_OUT')));
    }, CHECK_MS);
    const onFinding: ReportFinding = (name, finding) => {
      if (isOver) return;
      record(name, finding);
      timer.refresh();
    };
    run(onFinding).then(
      () => {
        conclude();
      },
      (error: unknown) => {
        conclude(broken(reasonOf(error)));
      },
    );
  });
  const blocking = names.findLast((each) => findings.get(each)?.ok === false);
  for (const name of names.filter((each) => !findings.has(each))) {
    record(name, notRun(`${blocking ?? 'what comes before'} failed`));
  }
}

function reasonOf(error: unknown): ReasonError {
  return error instanceof ReasonError ? error : new ReasonError('INTERNAL_ERROR', { cause: error });
}
