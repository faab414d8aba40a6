import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Command } from 'commander';
import { root } from '../release.js';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';

/** `holdfast serve`: the service of this release, in this process; its exit codes are those of the service. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Serves: guards the configuration, verifies the databases, listens, drains.')
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError('(see holdfast serve --help)')
    .action(() => {
      createRequire(join(root, 'package.json'))('./dist/main.js');
    });
}
