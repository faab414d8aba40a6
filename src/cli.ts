import { Command, CommanderError } from 'commander';
import { copyCommand } from './commands/copy.js';
import { migrateCommand } from './commands/migrate.js';
import { proofCommand } from './commands/proof.js';
import { purgeCommand } from './commands/purge.js';
import { EXIT } from './reasons.js';
import { release } from './release.js';

const program = new Command('holdfast')
  .description('Operates a Holdfast service and its databases.')
  .version(release.version)
  .exitOverride()
  .showHelpAfterError('(see holdfast --help)')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 64 wrong usage, 69 a dependency is unavailable, 78 the configuration is refused.',
  );
for (const command of [migrateCommand(), copyCommand(), purgeCommand(), proofCommand()])
  program.addCommand(command);

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
});
