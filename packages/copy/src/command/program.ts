import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';
import { maskDsn } from '@holdfast/guard/dsn';
import type { Settings } from '@holdfast/guard/settings';
import { copyCommand } from './copy-command.js';

const NAME = 'holdfast-copy';

interface Manifest {
  readonly description: string;
  readonly version: string;
}

/** `holdfast-copy`: the command without a service, not yet run. */
export function createProgram(): Command {
  const { description, version } = manifest();
  const command = new Command(NAME)
    .description(description)
    .version(version)
    .option('--json', 'print one JSON document on stdout')
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError(`(see ${NAME} --help)`)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 64 wrong usage, 69 a dependency is unavailable, 78 the configuration is refused.',
    );
  return copyCommand(command, {
    run: async (flags, work) => {
      // Help is there without it.
      const { runGuarded } = await import('@holdfast/postgres/command/run-guarded');
      const service = {
        stores: [],
        release: { name: 'holdfast' },
        title: NAME,
        // Where the target is named, DATABASE_URL may be another program's.
        sharedDatabase: flags.to === undefined && flags.toFile === undefined,
      };
      const output = { json: flags.json === true, usageFix: `See \`${NAME} --help\`.` };
      return runGuarded({ service, where: whereTo }, output, work);
    },
    defaults: {
      command: NAME,
      target: 'what DATABASE_URL names',
      schema: 'public',
      missing:
        'there is no target: name it with --to, --to-file, DATABASE_URL or DATABASE_URL_FILE',
    },
  });
}

/** The target that the environment names, masked, and variables that may be meant for it but are not read. */
function whereTo({ databases, notices, log }: Settings): string {
  const targets = databases.flatMap((each) =>
    each.type === 'postgresql' ? [maskDsn(each.dsn)] : [],
  );
  if (log.format === 'json') {
    const line = {
      level: 'info',
      event: 'command.where',
      ...(targets.length > 0 && { target: targets[0] }),
      ...(notices.length > 0 && { notices }),
    };
    return `${JSON.stringify(line)}\n`;
  }
  const lines = [
    ...targets.map((target) => `into ${target}`),
    ...notices.map(({ variable, message }) => `${variable} ${message}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function manifest(): Manifest {
  const file = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}
