import type { Command } from 'commander';
import { boundNameLookups, type Configuration } from '../config/configure.js';
import { EXIT, ReasonError } from '../reasons.js';
import type { Checked } from '../verification/cutover/chain.js';
import { worstExit } from '../verification/cutover/finding.js';
import { runElsewhere, tellEnd } from './bounded-process.js';
import { report, type Report, runJudging, subcommand } from './command.js';
import { instancesOption, wholeNumber } from './instances.js';
import { table } from './table.js';

interface Flags {
  readonly json?: boolean;
  readonly connect?: boolean;
  readonly migrations?: boolean;
  readonly instances: string;
  readonly reserve: string;
}

/** After which what hangs is given up, and after which it all ends; since a process began. */
const END_MS = 8500;
const LIMIT_MS = 9400;

/** `holdfast check` */
export function checkCommand(): Command {
  return subcommand('check', 'The go or no-go before traffic is switched: exit code 0 or not.')
    .option('--connect', 'ask each database, its read replicas and Redis')
    .option('--migrations', 'every store at head, its tables as the migrations make them')
    .addOption(instancesOption())
    .option('--reserve <number>', 'connections to keep for migrators, backups and people', '5')
    .action(async (flags: Flags) => {
      const where = await runElsewhere(LIMIT_MS);
      if (where === 'late') await report(flags, tooLate);
      if (where !== 'here') return;
      boundNameLookups(process);
      await runJudging(flags, (configuration) => check(configuration, flags));
      tellEnd();
    });
}

/** @throws CHECK_TIMED_OUT */
function tooLate(): never {
  throw new ReasonError('CHECK_TIMED_OUT');
}

/** @throws USAGE */
async function check(configuration: Configuration, flags: Flags): Promise<Report> {
  const { checkCutover } = await import('../verification/cutover/cutover.js');
  const options = {
    connect: flags.connect === true,
    migrations: flags.migrations === true,
    instances: wholeNumber('--instances', flags.instances, 1),
    reserve: wholeNumber('--reserve', flags.reserve, 0),
  };
  const checked = await checkCutover(configuration, options, END_MS - performance.now());
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
