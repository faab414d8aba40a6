import type { Command } from 'commander';
import {
  type Deprecation,
  inWords,
  listed,
  type ListedDeprecation,
} from '@holdfast/core/deprecation';

const deprecated = new WeakMap<Command, Deprecation>();

/** A command that goes away: its help says so, and it says so itself, on stderr, whenever it is run. */
export function deprecateCommand(command: Command, declared: Deprecation): Command {
  deprecated.set(command, declared);
  return command
    .description(`${command.description()} (${inWords(declared)})`)
    .hook('preAction', () => {
      process.stderr.write(`This command is ${inWords(declared)}.\n`);
    });
}

/** Those of a program, by all their words. */
export function deprecatedCommands(
  program: Command,
  path: readonly string[] = [],
): readonly ListedDeprecation[] {
  const names = [...path, program.name()];
  const declared = deprecated.get(program);
  return [
    ...(declared ? [listed(names.join(' '), declared)] : []),
    ...program.commands.flatMap((each) => deprecatedCommands(each, names)),
  ];
}
