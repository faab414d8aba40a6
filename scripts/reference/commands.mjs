import { createProgram } from '../../src/commands/program.ts';
import { code, page, table } from './markdown.mjs';

export function commandPage() {
  return page('Commands', [
    'In a checkout `npm run holdfast -- COMMAND`. Every command has `--help`. Exit codes: 0 done, 1 failed, 64 wrong usage, 69 a dependency is unavailable, 78 the configuration is refused, 141 nobody reads its output any more: what would go on is stopped, in order where a signal does that, and what has come to its end ends as ever.',
    ...sections(createProgram(), []),
  ]);
}

/** The commands that can be run, in the order in which they are declared. */
function sections(command, path) {
  const names = [...path, command.name()];
  const runs = command.commands.length === 0 || command._actionHandler !== null;
  return [
    ...(runs ? section(command, names) : []),
    ...command.commands.flatMap((each) => sections(each, names)),
  ];
}

function section(command, names) {
  const help = command.createHelp();
  const takes = command.registeredArguments.map((argument) =>
    argument.required ? argument.name().toUpperCase() : `[${argument.name().toUpperCase()}]`,
  );
  const rows = [
    ...command.registeredArguments.map((argument) => [
      code(argument.name()),
      help.argumentDescription(argument),
    ]),
    ...command.options.map((option) => [
      code(help.optionTerm(option)),
      `${help.optionDescription(option)}${option.mandatory ? ' (required)' : ''}`,
    ]),
  ];
  return [
    `## ${[...names, ...takes].join(' ')}`,
    command.description(),
    table(['option', 'meaning'], rows),
  ];
}
