import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  EXIT,
  type ExitCode,
  ReasonError as AnyReasonError,
  reasonFor,
} from '@holdfast/core/reasons';
import type { Secret } from '@holdfast/core/secret';
import { printDocument, report, type Report } from '@holdfast/guard/command/report';
import type { Settings } from '@holdfast/guard/settings';
import type { Status } from '@holdfast/nest/status/status';
import { runCommand, subcommand } from './command.js';
import { ReasonError } from './status.reasons.js';
import { readUrl } from './url-option.js';

/** Between two questions of `--watch`. */
const WATCH_MS = 2000;
/** Of a terminal: begins at its first line, and forgets what was there. */
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

interface Flags {
  readonly json?: boolean;
  readonly url?: URL;
  readonly tokenFile?: string;
  readonly watch?: boolean;
}

/** `holdfast status` */
export function statusCommand(): Command {
  return subcommand('status', 'Says whether a running service can serve, why not, and what to do.')
    .option(
      '--url <url>',
      'the service; by default the one of this configuration, on this machine',
      readUrl,
    )
    .option('--token-file <file>', 'a token with the scope ops:read, under OPS_ACCESS=token')
    .option('--watch', 'go on asking, every two seconds, until it is interrupted')
    .action(({ url, ...flags }: Flags) =>
      url
        ? report(flags, () => show(url, flags))
        : runCommand(flags, ({ settings }) => show(ownUrl(settings), flags)),
    );
}

async function show(url: URL, flags: Flags): Promise<Report> {
  const token = await tokenOf(flags);
  return flags.watch ? watch(url, flags, token) : reportOf(url, token);
}

async function reportOf(url: URL, token: Secret | undefined): Promise<Report> {
  const [{ readStatus }, { statusReport }] = await Promise.all([
    import('./read-status.js'),
    import('@holdfast/nest/status/report'),
  ]);
  const { status, isPartial, refusal } = await readStatus(url, token);
  return {
    text: `${statusReport(status)}${isPartial ? partialText(refusal, token) : ''}`,
    document: { ...status, partial: isPartial, refusal },
    exitCode: exitOf(status),
  };
}

/** Where a token was given, why it does not do; else how to see more. */
function partialText(refusal: string | null, token: Secret | undefined): string {
  if (token === undefined || refusal === null)
    return '\nThis is what everybody may see; --token-file with a token of the scope ops:read, or the port of operations, shows all of it.\n';
  const { meaning, fix } = reasonFor(refusal);
  return `\nThis is what everybody may see: the service has refused the token.\n${refusal}\n  ${meaning}\n  ${fix}\n`;
}

/** Until it is interrupted; a service that does not answer is asked again. The exit code is that of what it found last. */
async function watch(url: URL, { json }: Flags, token: Secret | undefined): Promise<never> {
  let exitCode: ExitCode = EXIT.ok;
  process.once('SIGINT', () => {
    process.exit(exitCode);
  });
  for (;;) {
    const found = await reportOf(url, token).catch(failureReport);
    exitCode = found.exitCode ?? EXIT.ok;
    if (json) printDocument(found.document);
    else process.stdout.write(`${process.stdout.isTTY ? CLEAR : ''}${found.text}\n`);
    await wait(WATCH_MS);
  }
}

/** @throws what is none of the catalogue */
function failureReport(error: unknown): Report {
  if (!(error instanceof AnyReasonError)) throw error;
  const { code, message, reason } = error;
  return {
    text: `${code}\n  ${message}\n  ${reason.fix}\n`,
    document: { error: { code, message, fix: reason.fix } },
    exitCode: reason.exit ?? EXIT.failed,
  };
}

/** What cannot serve for a dependency ends with the code for that. */
function exitOf({ status, causes }: Status): ExitCode {
  if (status !== 'fail') return EXIT.ok;
  const isUnavailable = causes.some(({ code }) => exitOfCode(code) === EXIT.unavailable);
  return isUnavailable ? EXIT.unavailable : EXIT.failed;
}

function exitOfCode(code: string): ExitCode | undefined {
  try {
    return reasonFor(code).exit;
  } catch (error) {
    // Of a newer service.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Where the service of this configuration answers on this machine. @throws USAGE */
function ownUrl({ http, operations }: Settings): URL {
  const port = operations.access === 'separate-port' ? operations.port : http.port;
  if (port === 0)
    throw new ReasonError('USAGE', { detail: 'the port is any free one: name it with --url' });
  const host = http.host === '0.0.0.0' ? '127.0.0.1' : http.host === '::' ? '::1' : http.host;
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

async function tokenOf({ tokenFile }: Flags): Promise<Secret | undefined> {
  if (tokenFile === undefined) return undefined;
  const { readToken } = await import('../proof/proved-service.js');
  return (await readToken(tokenFile)).value;
}
