import { EXIT, type ExitCode } from '@holdfast/core/reasons';
import { table } from '@holdfast/core/table';
import type { Checked } from './chain.js';
import { worstExit } from './finding.js';

/** The go or no-go: for people, for machines, and for the shell. */
export interface CutoverReport {
  readonly text: string;
  readonly document: object;
  readonly exitCode: ExitCode;
}

export function reportOf(checked: readonly Checked[]): CutoverReport {
  const exitCode = worstExit(checked);
  const verdict = exitCode === EXIT.ok ? 'go' : 'no-go';
  return {
    text: `${table([['', 'CHECK', 'CODE', 'DETAIL'], ...checked.map(rowOf)])}\n${verdict}\n`,
    document: { verdict, checks: checked.map(documentOf) },
    exitCode,
  };
}

function rowOf({ name, ok, code, detail }: Checked): readonly string[] {
  return [ok ? 'ok' : 'NO', name, code ?? '', detail];
}

function documentOf({ name, ok, code, detail }: Checked) {
  return { name, ok, code: code ?? null, detail };
}
