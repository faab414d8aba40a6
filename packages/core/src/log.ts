import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import { type LogFields, maskUndeclared } from './log-fields.js';
import { ReasonError } from './reasons.js';
import { currentRequest } from './served-request.js';
import { isSqlState, safeServerMessage } from './server-message.js';

type LogMethod = (fields: LogFields, message?: string) => void;

/** Writes lines whose fields are declared: see `defineLogFields()`. */
export interface Log {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  isLevelEnabled(level: string): boolean;
}

/** Injection token of the `Log`. */
export const LOG = 'holdfast.log';

export interface LogSettings {
  /** Undefined: `pretty` on a terminal, else `json`. */
  readonly format: 'json' | 'pretty' | undefined;
  readonly level: string;
  /** Which requests have a line; those that failed are answered with 400 or more. */
  readonly requests: 'all' | 'failed' | 'none';
}

/**
 * JSON lines on stdout, or readable ones; every line of a request carries its id, and that of its trace; `pretty` is the default on a terminal.
 * @param destination file descriptor: 1 for the service, 2 for commands
 */
export async function createLog(
  settings: Pick<LogSettings, 'format' | 'level'>,
  destination: 1 | 2 = 1,
): Promise<Log> {
  const stream = destination === 1 ? process.stdout : process.stderr;
  const format = settings.format ?? (stream.isTTY ? 'pretty' : 'json');
  const options = {
    level: settings.level,
    base: null,
    messageKey: 'message',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }), log: maskUndeclared },
    serializers: { err: describeError },
    mixin: ofCurrentRequest,
  };
  const lines =
    format === 'json'
      ? pino.destination({ dest: destination, sync: true })
      : await prettyLines(destination, stream.isTTY);
  const log: Log = pino(options, lines);
  return log;
}

/** What every line of a request carries. */
function ofCurrentRequest(): Record<string, unknown> {
  const request = currentRequest.getStore();
  if (request?.correlationId === undefined) return {};
  return { correlation_id: request.correlationId, trace_id: request.traceParent?.traceId };
}

async function prettyLines(destination: 1 | 2, colorize: boolean): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination,
    sync: true,
    colorize,
    messageKey: 'message',
    ignore: 'event',
    messageFormat: (line) => String(line.message ?? line.event),
  });
}

/** What the log may say of an error. A driver's message and parameters can hold users' data. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table, routine, driverError, database } = error as Error & DriverFields;
  const fromDriver = driverError !== undefined || routine !== undefined || isSqlState(code);
  const message =
    error instanceof ReasonError || !fromDriver ? error.message : safeServerMessage(error);
  return {
    type: error.name,
    message,
    code,
    constraint,
    table,
    routine,
    database,
    stack: frames(error.stack),
    cause:
      driverError !== undefined || error.cause !== undefined
        ? describeError(driverError ?? error.cause)
        : undefined,
  };
}

interface DriverFields {
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly routine?: string;
  /** Which database it was, its connection string masked: set where a statement fails. */
  readonly database?: string;
  readonly driverError?: unknown;
}

function frames(stack: string | undefined): readonly string[] {
  return (stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.trim());
}
