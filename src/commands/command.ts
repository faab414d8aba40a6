import { Command, type OutputConfiguration } from 'commander';
import {
  type Configuration,
  configure,
  readConfiguration,
  refusalOf,
} from '@holdfast/guard/configure';
import { withLockTimeout } from '@holdfast/migrate/migration-session';
import { printableUsage, withoutSecretArguments } from './printable-error.js';
import { reportWaits } from './report-waits.js';
import { settingsSummary } from './settings-summary.js';
import type { Settings } from '@holdfast/guard/settings';
import { createLog, type Log } from '@holdfast/core/log';
import { EXIT, type ExitCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { service } from '../service.js';

/** What a command found out: for people, for machines, and for the shell. */
export interface Report {
  /** Printed as it is, unless `--json`. */
  readonly text: string;
  /** Printed as one JSON document under `--json`. */
  readonly document: object;
  readonly exitCode?: ExitCode;
}

/** What a command works with. Progress and logs go to stderr, the report to stdout. */
export interface CommandContext {
  readonly settings: Settings;
  readonly log: Log;
}

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

/** For each command: what commander says of wrong usage repeats arguments. */
export const MASKED_OUTPUT: OutputConfiguration = {
  outputError: (text, write) => {
    write(printableUsage(text, process.argv.slice(2)));
  },
};

interface Output {
  readonly json?: boolean;
}

/** Guards the configuration, runs the command, prints its report and sets the exit code. */
export async function runCommand(
  { json = false }: Output,
  run: (context: CommandContext) => Promise<Report>,
): Promise<void> {
  const settings = configure(process, service, (violations) => {
    if (json) printDocument({ violations });
  });
  process.stderr.write(settingsSummary(settings));
  const log = await createLog(settings.log, 2);
  const stopTelling = reportWaits();
  await report({ json }, () => run({ settings: withLockTimeout(settings), log }), log);
  stopTelling();
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

/** Runs a command that needs no configuration, prints its report and sets the exit code. */
export async function report(
  { json = false }: Output,
  run: () => Promise<Report> | Report,
  log?: Log,
): Promise<void> {
  try {
    const { text, document, exitCode = EXIT.ok } = await run();
    if (json) printDocument(document);
    else process.stdout.write(text);
    process.exitCode = exitCode;
  } catch (error) {
    if (!(error instanceof ReasonError)) {
      const all = log ?? (await createLog({ format: undefined, level: 'info' }, 2));
      all.error({ event: 'command.failed', err: error });
    }
    const reason =
      error instanceof ReasonError ? error : new ReasonError('INTERNAL_ERROR', { cause: error });
    printFailure(reason, json);
    process.exitCode = reason.reason.exit ?? EXIT.failed;
  }
}

function printDocument(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

function printFailure(error: ReasonError, json: boolean): void {
  const { code, reason } = error;
  const mask = code === 'USAGE' ? printableUsage : withoutSecretArguments;
  const printable = (text: string) => mask(text, process.argv.slice(2));
  const message = printable(error.message);
  const errors = (error.errors ?? []).map((each) => ({
    ...each,
    message: printable(each.message),
  }));
  if (json) {
    printDocument({
      error: { code, message, fix: reason.fix, ...(errors.length > 0 && { errors }) },
    });
    return;
  }
  const lines = [
    message.replace(/\.?$/, '.'),
    ...errors.map((each) => `- ${each.message}`),
    reason.fix,
  ];
  process.stderr.write(`${code}\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
