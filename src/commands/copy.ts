import type { Command } from 'commander';
import { copyCommand as withCopy } from '@holdfast/copy/command/copy-command';
import { runCommand, subcommand } from './command.js';

/** `holdfast copy` */
export function copyCommand(): Command {
  const command = subcommand(
    'copy',
    'Copies an SQLite database into PostgreSQL: loaded aside, verified, switched in at once.',
  );
  return withCopy(command, {
    run: runCommand,
    defaults: {
      command: 'holdfast copy',
      target: 'that of the stores',
      schema: 'public, or that of the stores',
      missing: 'no store is on POSTGRES: name the target with --to',
    },
    loadStores: () => import('./copy-stores.js'),
  });
}
