import { createLog, type Log } from '@holdfast/core/log';
import { configure } from '@holdfast/guard/configure';
import { type Output, printDocument, report, type Report } from '@holdfast/guard/command/report';
import { withLockTimeout } from '@holdfast/guard/lock-timeout';
import type { ServiceDeclaration } from '@holdfast/guard/service-declaration';
import type { Settings } from '@holdfast/guard/settings';
import { reportWaits } from './report-waits.js';

/** What a command works with. Progress and logs go to stderr, the report to stdout. */
export interface CommandContext {
  readonly settings: Settings;
  readonly log: Log;
}

/** The program that a command is of. */
export interface CommandProgram {
  readonly service: ServiceDeclaration;
  /** What is told on stderr before the command runs: where it works. */
  readonly where: (settings: Settings) => string;
}

/** Guards the configuration, runs the command, prints its report and sets the exit code. */
export async function runGuarded(
  { service, where }: CommandProgram,
  output: Output,
  run: (context: CommandContext) => Promise<Report>,
): Promise<void> {
  const settings = configure(process, service, (violations) => {
    if (output.json === true) printDocument({ violations });
  });
  process.stderr.write(where(settings));
  const log = await createLog(settings.log, 2);
  const stopTelling = reportWaits();
  await report(output, () => run({ settings: withLockTimeout(settings), log }), log);
  stopTelling();
}
