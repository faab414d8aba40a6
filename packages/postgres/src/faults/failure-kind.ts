import { errorFields } from './faults.js';

/** What a driver, or the system, has met on the way to a server, in words. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there, or a firewall says no',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host could not be looked up: no name server answers',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOENT: 'there is no such socket: the server does not run, or its folder is another',
  EACCES: 'the socket may not be used by the user of this process',
  '57P03': 'the server is starting, stopping or recovering',
  '53300': 'the server has no free connection',
};

const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/timeout expired|timeout exceeded|read timeout/i, 'no answer in time'],
  [/Connection terminated/i, 'the connection was closed by the other end'],
  [/is a standby, or read-only/i, 'none of its hosts that answers can be written to'],
];

/**
 * What kind of failure an error of the driver is; empty where it is none of the way to the server.
 * @param error undefined stands for an answer that was not had in time
 */
export function failureKind(error: unknown): string {
  if (error === undefined) return 'no answer in time';
  const { code, message } = errorFields(error);
  return BY_CODE[code] ?? BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? '';
}
