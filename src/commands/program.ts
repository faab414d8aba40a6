import { Command } from 'commander';
import { release } from '../release.js';
import { backupCommand } from './backup.js';
import { checkCommand } from './check.js';
import { configCommand } from './config.js';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';
import { copyCommand } from './copy.js';
import { explainCommand } from './explain.js';
import { identityCommand } from './identity.js';
import { mediaCommand } from './media.js';
import { migrateCommand } from './migrate.js';
import { proofCommand } from './proof.js';
import { purgeCommand } from './purge.js';
import { restoreCommand } from './restore.js';
import { secretCommand } from './secret.js';
import { serveCommand } from './serve.js';
import { statusCommand } from './status.js';
import { userCommand } from './user.js';

/** The command program: every command once, not yet run. */
export function createProgram(): Command {
  const program = new Command('holdfast')
    .description('Operates a Holdfast service and its databases.')
    .version(release.version)
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError('(see holdfast --help)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 64 wrong usage, 69 a dependency is unavailable, 78 the configuration is refused.',
    );
  for (const command of [
    serveCommand(),
    migrateCommand(),
    copyCommand(),
    purgeCommand(),
    backupCommand(),
    restoreCommand(),
    checkCommand(),
    configCommand(),
    explainCommand(),
    identityCommand(),
    mediaCommand(),
    proofCommand(),
    secretCommand(),
    statusCommand(),
    userCommand(),
  ])
    program.addCommand(command);
  return program;
}
