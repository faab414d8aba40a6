import { Command } from 'commander';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';
import { report } from '@holdfast/guard/command/report';
import { subcommand } from './command.js';

interface Flags {
  readonly json?: boolean;
  readonly file?: string;
}

interface AddFlags extends Flags {
  readonly scopes?: string;
  readonly replace?: boolean;
}

/** `holdfast user add|list|remove`: without the guard, for what they make is what it judges. */
export function userCommand(): Command {
  const user = new Command('user')
    .description('Says which operators may log in at POST /api/login.')
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError('(see holdfast user --help)');
  user.addCommand(addCommand());
  user.addCommand(listCommand());
  user.addCommand(removeCommand());
  return user;
}

const FILE = [
  '--file <file>',
  'the file of operators; else ADMIN_CREDENTIALS_PATH names it',
] as const;

function addCommand(): Command {
  return subcommand(
    'user add',
    'Adds an operator; the password is asked for on a terminal, else read on stdin (one newline at its end is dropped).',
  )
    .argument('<name>', 'small letters, digits, dots, hyphens, underscores and @')
    .option(
      '--scopes <scopes>',
      'what the operator may do, separated by commas; ops:read unless given',
    )
    .option('--replace', 'of one that is there: another password, and other scopes where given')
    .option(...FILE)
    .action((name: string, flags: AddFlags) =>
      report(flags, async () => (await import('./user-add.js')).addUser(name, flags)),
    );
}

function listCommand(): Command {
  return subcommand('user list', 'Lists the operators, with their scopes.')
    .option(...FILE)
    .action((flags: Flags) =>
      report(flags, async () => (await import('./user-list.js')).listUsers(flags.file)),
    );
}

function removeCommand(): Command {
  return subcommand(
    'user remove',
    'Removes an operator, whose sessions end with the next second that the service looks at the file.',
  )
    .argument('<name>')
    .option(...FILE)
    .action((name: string, flags: Flags) =>
      report(flags, async () => (await import('./user-remove.js')).removeUser(name, flags.file)),
    );
}
