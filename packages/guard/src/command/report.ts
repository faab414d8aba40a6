import { createLog, type Log } from '@holdfast/core/log';
import { EXIT, type ExitCode, ReasonError } from '@holdfast/core/reasons';
import { printableUsage, withoutSecretArguments } from './printable-error.js';

/** What a command found out: for people, for machines, and for the shell. */
export interface Report {
  /** Printed as it is, unless `--json`. */
  readonly text: string;
  /** Printed as one JSON document under `--json`. */
  readonly document: object;
  readonly exitCode?: ExitCode;
}

/** How a command prints. */
export interface Output {
  readonly json?: boolean;
  /** What to do about wrong usage, in a program that is not called as the catalogue has it. */
  readonly usageFix?: string;
}

/** Runs a command that needs no configuration, prints its report and sets the exit code. */
export async function report(
  { json = false, usageFix }: Output,
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
    printFailure(reason, json, usageFix);
    process.exitCode = reason.reason.exit ?? EXIT.failed;
  }
}

export function printDocument(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

function printFailure(error: ReasonError, json: boolean, usageFix: string | undefined): void {
  const { code, reason } = error;
  const isUsage = code === 'USAGE';
  const mask = isUsage ? printableUsage : withoutSecretArguments;
  const fix = isUsage ? (usageFix ?? reason.fix) : reason.fix;
  const printable = (text: string) => mask(text, process.argv.slice(2));
  const message = printable(error.message);
  const errors = (error.errors ?? []).map((each) => ({
    ...each,
    message: printable(each.message),
  }));
  if (json) {
    printDocument({ error: { code, message, fix, ...(errors.length > 0 && { errors }) } });
    return;
  }
  const lines = [message.replace(/\.?$/, '.'), ...errors.map((each) => `- ${each.message}`), fix];
  process.stderr.write(`${code}\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
