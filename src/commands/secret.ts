import { Command } from 'commander';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';
import { report } from '@holdfast/guard/command/report';
import { runCommand, subcommand } from './command.js';
import { encrypt } from './secret-encrypt.js';
import { generateKey } from './secret-generate-key.js';
import { rotate, type RotateFlags, rotateStored } from './secret-rotate.js';

interface Flags {
  readonly json?: boolean;
  readonly keyFile?: string;
}

/**
 * `holdfast secret encrypt|generate-key|rotate`: without the guard, for what they make is what it reads, but where
 * databases are opened.
 */
export function secretCommand(): Command {
  const secret = new Command('secret')
    .description('Makes values that stand encrypted wherever a secret does (enc:v1:…).')
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError('(see holdfast secret --help)');
  secret.addCommand(encryptCommand());
  secret.addCommand(generateKeyCommand());
  secret.addCommand(rotateCommand());
  return secret;
}

const KEY_FILE = [
  '--key-file <file>',
  'the keys; else HOLDFAST_SECRET_KEY_FILE names them',
] as const;

function encryptCommand(): Command {
  return subcommand(
    'secret encrypt',
    'Encrypts what it reads on stdin, with the newest key; one newline at its end is dropped.',
  )
    .argument('[variable]', 'the only one that the value is for; without, it may stand anywhere')
    .option(...KEY_FILE)
    .action((variable: string | undefined, flags: Flags) =>
      report(flags, () => encrypt(variable, flags.keyFile)),
    );
}

function generateKeyCommand(): Command {
  return subcommand('secret generate-key', 'Makes a key, and prints it or puts it into a key file.')
    .option(
      '--file <file>',
      'put it before the keys of this file, which is made if it is not there',
    )
    .option('--id <id>', 'what values name it by; the day and four digits unless given')
    .action((flags: Flags & { readonly file?: string; readonly id?: string }) =>
      report(flags, () => generateKey(flags)),
    );
}

function rotateCommand(): Command {
  return subcommand(
    'secret rotate',
    'Encrypts each encrypted value in files (of a secret, or with NAME=VALUE lines) with the newest key.',
  )
    .argument('[files...]', 'replaced at once, each with its mode and owner')
    .option(...KEY_FILE)
    .option('--stored', "also the keys of providers that the media store's settings hold")
    .option('--dry-run', 'only count')
    .action((files: readonly string[], flags: RotateFlags) =>
      flags.stored === true
        ? runCommand(flags, (context) => rotateStored(context, files, flags))
        : report(flags, () => rotate(files, flags)),
    );
}
