import type { ReasonCode } from '@holdfast/core/reasons';
import '../reasons.js';

/** What a failure of Redis means to an operator. */
export interface RedisFailure {
  readonly code: ReasonCode;
  /** For logs and commands: `refused`, `time-out`, or the first word of what Redis answers. */
  readonly kind: string;
  /** Worth an immediate retry: it may be starting, or moving. */
  readonly isTransient: boolean;
}

/** Found out by a second question, where the answer alone does not say what the server is. */
export class WrongServer extends Error {
  override readonly name = 'WrongServer';

  constructor(readonly code: 'REDIS_SENTINEL_UNSUPPORTED' | 'REDIS_CLUSTER_UNSUPPORTED') {
    super(code);
  }
}

/**
 * By the words that Redis answers with. Before Redis 7 an error within a script comes wrapped in a
 * sentence, so that the word may stand anywhere.
 */
const ANSWERS: readonly (readonly [RegExp, ReasonCode])[] = [
  [/\b(WRONGPASS|NOAUTH)\b|invalid password/, 'REDIS_AUTH_FAILED'],
  [/^DENIED\b/, 'REDIS_PROTECTED_MODE'],
  [/max number of clients/, 'REDIS_TOO_MANY_CONNECTIONS'],
  [/DB index is out of range|invalid DB index/, 'REDIS_DATABASE_MISSING'],
  [/\b(CROSSSLOT|MOVED|ASK|CLUSTERDOWN|TRYAGAIN)\b|cluster mode/, 'REDIS_CLUSTER_UNSUPPORTED'],
  [/\b(READONLY|MASTERDOWN)\b/, 'REDIS_READ_ONLY'],
  [/\bNOPERM\b|user executing the script|unknown command/i, 'REDIS_RIGHTS_MISSING'],
  [/\bOOM\b/, 'REDIS_OUT_OF_MEMORY'],
  [/\bMISCONF\b/, 'REDIS_NOT_PERSISTING'],
  [/\bLOADING\b/, 'REDIS_LOADING'],
];

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'refused'],
  [/^(ENOTFOUND|EAI_)/, 'unknown name'],
  [/^ETIMEDOUT$/, 'time-out'],
  [/^E(HOST|NET)UNREACH$/, 'no way there'],
  [
    /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/,
    'TLS',
  ],
];

/** Of the driver's error; undefined stands for having waited in vain. */
export function redisFailure(error: unknown): RedisFailure {
  if (error === undefined) return unreachable('time-out');
  if (error instanceof WrongServer)
    return { code: error.code, kind: 'another kind of server', isTransient: false };
  if (isAnswer(error)) return answered(error.message);
  const { code } = error as { readonly code?: unknown };
  const kind = KINDS.find(([pattern]) => pattern.test(String(code)))?.[1] ?? 'closed';
  return kind === 'TLS'
    ? { code: 'REDIS_TLS_FAILED', kind, isTransient: false }
    : unreachable(kind);
}

/** Whether Redis has answered, so that the connection itself is well. */
export function isAnswer(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Whether the command is one that the server does not have: it may be no Redis for data at all. */
export function isUnknownCommand(error: unknown): boolean {
  return isAnswer(error) && /unknown command/i.test(error.message);
}

/** Whether it refuses a login. */
export function isLoginFailure(error: unknown): boolean {
  const { code } = redisFailure(error);
  return (
    code === 'REDIS_AUTH_FAILED' ||
    code === 'REDIS_PROTECTED_MODE' ||
    code === 'REDIS_TOO_MANY_CONNECTIONS'
  );
}

function unreachable(kind: string): RedisFailure {
  return { code: 'REDIS_UNREACHABLE', kind, isTransient: true };
}

function answered(message: string): RedisFailure {
  const code = ANSWERS.find(([pattern]) => pattern.test(message))?.[1] ?? 'REDIS_REFUSED';
  const kind = code === 'REDIS_AUTH_FAILED' ? 'auth' : (/^[A-Z]+\b/.exec(message)?.[0] ?? 'ERR');
  return { code, kind, isTransient: code === 'REDIS_LOADING' || code === 'REDIS_REFUSED' };
}
