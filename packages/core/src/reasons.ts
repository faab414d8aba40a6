import type { Deprecation } from './deprecation.js';

/** Exit codes of the two programs (`sysexits.h` where it has one). */
export const EXIT = { ok: 0, failed: 1, usage: 64, unavailable: 69, configuration: 78 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One entry of the catalogue: what a code means and what to do about it. */
export interface Reason {
  readonly meaning: string;
  readonly fix: string;
  /** HTTP status where the code answers a request. */
  readonly status?: number;
  /** What `WWW-Authenticate` says of a 401, which has to say something (RFC 9110, 11.6.1). */
  readonly challenge?: string;
  /** Exit code where the code ends a process. */
  readonly exit?: ExitCode;
  /** Reported beside an answer that is good, and refuses nothing. */
  readonly warning?: true;
  /**
   * Whoever asks can have it answered at will, and what is behind it has a line of its own: none is logged for each
   * answer, beyond that of every request.
   */
  readonly toldOnce?: true;
  /** Set where no version to come will answer it any more. */
  readonly deprecated?: Deprecation;
}

/** Ends the process before anything is opened. */
export const configuration = (meaning: string, fix: string): Reason => ({
  meaning,
  fix,
  exit: EXIT.configuration,
});
/** Something that is needed is not there: answers 503, and ends a process that starts. */
export const unavailable = (meaning: string, fix: string): Reason => ({
  meaning,
  fix,
  status: 503,
  exit: EXIT.unavailable,
});
/** Reported beside what is good. */
export const notice = (meaning: string, fix: string): Reason => ({ meaning, fix, warning: true });
/** @param status of HTTP */
export const answer = (status: number, meaning: string, fix: string): Reason => ({
  meaning,
  fix,
  status,
});

/** 401. @param challenge of `WWW-Authenticate`: the scheme by which whoever asks is to prove who it is */
export const unauthenticated = (challenge: string, meaning: string, fix: string): Reason => ({
  ...answer(401, meaning, fix),
  challenge,
});

/** An answer that clients may have as often as they ask, which is no fault each time. */
export const toldOnce = (status: number, meaning: string, fix: string): Reason => ({
  ...answer(status, meaning, fix),
  toldOnce: true,
});

/** Every code of a program: each catalogue adds its own by declaration merging. */
export interface ReasonCatalogue extends CoreReasons {}

export type ReasonCode = keyof ReasonCatalogue;

const defined = new Map<string, Reason>();

/**
 * Adds to the catalogue of the program; a code is defined once.
 * @returns what it is given, for `ReasonCatalogue`
 * @throws TypeError for a code that is there already
 */
export function defineReasons<const Defined extends Readonly<Record<string, Reason>>>(
  reasons: Defined,
): Defined {
  for (const [code, reason] of Object.entries(reasons)) {
    if (defined.has(code)) throw new TypeError(`${code} is defined twice`);
    defined.set(code, reason);
  }
  return reasons;
}

type CoreReasons = typeof coreReasons;

export const coreReasons = defineReasons({
  DATABASE_UNAVAILABLE: unavailable(
    'The database could not carry out the request in time.',
    'Try again; if it lasts, see GET /health/ready.',
  ),
  REQUEST_ABANDONED: answer(
    499,
    'The client has left before its request was begun; nothing of it has been done.',
    'Send it again. Where clients leave because answers take long, see what the requests before it waited for.',
  ),
  USAGE: {
    meaning: 'The command line is wrong.',
    fix: 'See `holdfast --help` or `holdfast COMMAND --help`.',
    exit: EXIT.usage,
  },
  DOCUMENT_TOO_LARGE: answer(413, 'The document is too large.', 'Keep the document to 1 MiB.'),
  INTERNAL_ERROR: answer(
    500,
    'The service failed.',
    'Look in the log, by correlation_id if there is one; report it if the log does not explain it.',
  ),
});

/** Every code that has been defined, in the order in which that happened. */
export const catalogue: ReadonlyMap<string, Reason> = defined;

/** The entry of a code. Qualifiers after a colon (`MIGRATION_FAILED:orders:0002`) are ignored. */
export function reasonFor(code: string): Reason {
  const reason = defined.get(nameOf(code));
  if (!reason) throw new TypeError(`${code} is not in the catalogue of reasons`);
  return reason;
}

/** Where the code has its section, in a checkout or a release. */
export function runbookOf(code: string): string {
  return `docs/RUNBOOK.md#${nameOf(code).toLowerCase()}`;
}

function nameOf(code: string): string {
  return code.split(':', 1)[0] ?? code;
}

/** What a `ReasonError` can say beyond its code; everything here may be shown to a user. */
export interface ReasonDetails {
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error of the catalogue. `message` is safe to show; `cause` is for the log alone. */
export class ReasonError extends Error {
  override readonly name = 'ReasonError';
  readonly reason: Reason;
  readonly errors: ReasonDetails['errors'];
  readonly retryAfterSeconds: number | undefined;

  /** @param code a catalogue code, possibly qualified: `MIGRATION_FAILED:<store>:<version>` */
  constructor(
    readonly code: ReasonCode | `${ReasonCode}:${string}`,
    details: ReasonDetails = {},
  ) {
    const reason = reasonFor(code);
    super(details.detail ?? reason.meaning, { cause: details.cause });
    this.reason = reason;
    this.errors = details.errors;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
