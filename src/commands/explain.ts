import type { Command } from 'commander';
import { catalogue, type Reason, reasonFor, runbookOf } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { report, type Report } from '@holdfast/guard/command/report';
import { subcommand } from './command.js';
import { nearest } from './nearest.js';

/** Every reason code of this build. */
export function knownCodes(): readonly string[] {
  return [...catalogue.keys()];
}

interface Flags {
  readonly json?: boolean;
  readonly list?: boolean;
}

/** `holdfast explain CODE` */
export function explainCommand(): Command {
  return subcommand('explain', 'Says what a reason code means and what to do about it.')
    .argument('[code]', 'as it was told; what follows a colon may be left out')
    .option('--list', 'every code')
    .action((code: string | undefined, flags: Flags) =>
      report(flags, () => (flags.list ? listAll() : explain(code))),
    );
}

/** @throws USAGE for a code that this build does not have */
function explain(given: string | undefined): Report {
  if (given === undefined)
    throw new ReasonError('USAGE', { detail: 'name a code, or give --list' });
  const code = (given.split(':', 1)[0] ?? '').trim().toUpperCase();
  const known = knownCodes();
  if (!known.includes(code)) {
    const similar = nearest(code, known);
    throw new ReasonError('USAGE', {
      detail: `${JSON.stringify(given)} is no reason code of this build; the nearest are ${similar.join(', ')}`,
    });
  }
  return { text: textOf(code, reasonFor(code)), document: documentOf(code) };
}

function listAll(): Report {
  const codes = knownCodes();
  const width = Math.max(...codes.map((code) => code.length));
  return {
    text: codes.map((code) => `${code.padEnd(width)}  ${reasonFor(code).meaning}\n`).join(''),
    document: { reasons: codes.map(documentOf) },
  };
}

function textOf(code: string, { meaning, fix, status, exit }: Reason): string {
  const place = [
    ...(status === undefined ? [] : [`answers a request with HTTP status ${status}`]),
    ...(exit === undefined ? [] : [`ends a process with exit code ${exit}`]),
  ];
  return `${code}\n  ${meaning}\n  ${fix}\n  It ${place.join(', and ')}.\n  ${runbookOf(code)}\n`;
}

function documentOf(code: string) {
  const { meaning, fix, status = null, exit = null } = reasonFor(code);
  return { code, meaning, fix, status, exit_code: exit, runbook: runbookOf(code) };
}
