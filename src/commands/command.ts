import { Command } from 'commander';
import { MASKED_OUTPUT } from '@holdfast/guard/command/masked-output';
import { type Output, report, type Report } from '@holdfast/guard/command/report';
import { type Configuration, readConfiguration, refusalOf } from '@holdfast/guard/configure';
import { type CommandContext, runGuarded } from '@holdfast/postgres/command/run-guarded';
import { service } from '../service.js';
import { settingsSummary } from './settings-summary.js';

/**
 * A subcommand with `--json`, whose wrong usage ends in exit code 64.
 * @param path its words, for example `migrate up`
 */
export function subcommand(path: string, description: string): Command {
  return new Command(path.split(' ').at(-1))
    .description(description)
    .option('--json', 'print one JSON document on stdout')
    .exitOverride()
    .configureOutput(MASKED_OUTPUT)
    .showHelpAfterError(`(see holdfast ${path} --help)`);
}

/** Guards the configuration, runs the command, prints its report and sets the exit code. */
export function runCommand(
  output: Output,
  run: (context: CommandContext) => Promise<Report>,
): Promise<void> {
  return runGuarded({ service, where: settingsSummary }, output, run);
}

/** As `runCommand`, for a command that has something to say of a refused configuration, too. */
export async function runJudging(
  output: Output,
  run: (configuration: Configuration) => Promise<Report>,
): Promise<void> {
  const configuration = readConfigured();
  await report(output, () => run(configuration));
}

/** Reads the configuration, and prints on stderr where the command is, or why it is refused. */
export function readConfigured(): Configuration {
  const configuration = readConfiguration(process, service);
  const { verdict } = configuration;
  process.stderr.write(
    'settings' in verdict ? settingsSummary(verdict.settings) : refusalOf(configuration, service),
  );
  return configuration;
}
