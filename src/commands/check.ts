import type { Command } from 'commander';
import { boundNameLookups } from '@holdfast/guard/configure';
import { valuesOf } from '@holdfast/guard/values-of';
import { backupVariables } from '../backup/backup.variables.js';
import { ReasonError } from '../reasons.js';
import type { Chain } from '@holdfast/nest/cutover/chain';
import type { FurtherChains } from '@holdfast/nest/cutover/cutover';
import { reportOf } from '@holdfast/nest/cutover/report';
import { asksForProof } from '../proof/proof.variables.js';
import { service } from '../service.js';
import { endChild, runInChild, sendToParent } from './bounded-process.js';
import { CheckAccount } from './check-account.js';
import { report } from '@holdfast/guard/command/report';
import { readConfigured, subcommand } from './command.js';
import { instancesOption, wholeNumber } from './instances-option.js';
import { reportWaits } from '@holdfast/postgres/command/report-waits';

interface Flags {
  readonly json?: boolean;
  readonly connect?: boolean;
  readonly migrations?: boolean;
  readonly instances: string;
  readonly reserve: string;
}

/**
 * A machine that is busy may take its time to start a process. From there on every check is bounded by
 * itself; this is for what hangs in spite of that.
 */
const BOUNDS = { startMs: 30_000, workMs: 30_000 };

/** `holdfast check` */
export function checkCommand(): Command {
  return subcommand('check', 'The go or no-go before traffic is switched: exit code 0 or not.')
    .option('--connect', 'ask each database, its read replicas and Redis')
    .option('--migrations', 'every store at head, its tables as the migrations make them')
    .addOption(instancesOption())
    .option('--reserve <number>', 'connections to keep for migrators, backups and people', '5')
    .action(async (flags: Flags) => {
      const account = new CheckAccount();
      const how = await runInChild(BOUNDS, account.hear);
      if (how === 'here') await check(flags);
      else await report(flags, () => reportOf(account.checked(how)));
    });
}

/** Also without a flag: the service does not start without the pack, and no flag makes a backup younger. */
const furtherChains: FurtherChains = async (context, { connect }) => {
  const chains: Chain[] = [];
  if (asksForProof(context.settings)) {
    const { proofChain } = await import('../proof/proof-chain.js');
    chains.push(proofChain(context, connect));
  }
  if (valuesOf(context.settings, backupVariables).BACKUP_MAX_AGE_HOURS > 0) {
    const { backupChain } = await import('../backup/backup-chain.js');
    chains.push(backupChain(context));
  }
  if (connect && context.settings.stores.some(({ store }) => store === 'media')) {
    const { mediaFilesChain } = await import('../stores/media/health/media-files-chain.js');
    chains.push(mediaFilesChain(context.settings));
  }
  return chains;
};

/** In the process that does the work: tells what it finds, also that it cannot begin. */
async function check(flags: Flags): Promise<void> {
  boundNameLookups(process);
  const stopTelling = reportWaits();
  try {
    const options = {
      connect: flags.connect === true,
      migrations: flags.migrations === true,
      instances: wholeNumber('--instances', flags.instances, 1),
      reserve: wholeNumber('--reserve', flags.reserve, 0),
    };
    const { checkCutover } = await import('@holdfast/nest/cutover/cutover');
    await checkCutover(service, readConfigured(), options, sendToParent, furtherChains);
  } catch (error) {
    if (!(error instanceof ReasonError)) throw error;
    sendToParent({ failure: { code: error.code, detail: error.message } });
  }
  stopTelling();
  endChild();
}
