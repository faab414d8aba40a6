import { Command } from 'commander';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';
import { runCommand, subcommand } from './command.js';
import type { CleanupFlags } from './media-cleanup.js';
import type { FsckFlags } from './media-fsck.js';

/** `holdfast media cleanup|fsck` */
export function mediaCommand(): Command {
  return new Command('media')
    .description('Looks after the files of the media store.')
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError('(see holdfast media --help)')
    .addCommand(cleanupCommand())
    .addCommand(fsckCommand());
}

function cleanupCommand(): Command {
  return subcommand(
    'media cleanup',
    'Removes files that have expired, or that no row needs, in small batches.',
  )
    .option('--dry-run', 'count what would be removed; changes nothing')
    .action((flags: CleanupFlags) =>
      runCommand(flags, async (context) => {
        const { cleanup } = await import('./media-cleanup.js');
        return cleanup(context, flags);
      }),
    );
}

function fsckCommand(): Command {
  return subcommand(
    'media fsck',
    'Compares rows and files of results and templates; the service may go on meanwhile.',
  )
    .option('--repair', 'remove files older than 15 minutes that no row needs; nothing else')
    .addHelpText(
      'after',
      '\nExit codes: 0 where all agree, or was repaired; 1 where a file is missing or damaged, or one that no row needs is left.',
    )
    .action((flags: FsckFlags) =>
      runCommand(flags, async (context) => {
        const { check } = await import('./media-fsck.js');
        return check(context, flags);
      }),
    );
}
