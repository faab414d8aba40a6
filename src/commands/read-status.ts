import { catalogue } from '@holdfast/core/reasons';
import type { Secret } from '@holdfast/core/secret';
import { type Status, statusOf } from '@holdfast/nest/status/status';
import { type HttpAnswer, httpGet, NoAnswer } from '../http-get.js';
import { ReasonError } from './status.reasons.js';

/** For an answer, its body and all; a probe of a service that hangs takes 2.5 s. */
const ANSWER_MS = 10_000;
/** Many times what a status ever has. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** What a service says of itself. */
export interface ReadStatus {
  readonly status: Status;
  /** Whether it is no more than what everybody may see: no pools, no migrations, no changes. */
  readonly isPartial: boolean;
  /** Why it is, as the service says: `TOKEN_EXPIRED`; null where nobody has said. */
  readonly refusal: string | null;
}

/** The body of `GET /health/ready`, as far as it is used. */
type Readiness = Pick<
  Parameters<typeof statusOf>[0]['health'],
  'status' | 'profile' | 'timestamp' | 'checks'
> & {
  readonly version: string;
};

/**
 * `GET /status.json`, or where that is not for who asks, `GET /health/ready`.
 * @param token of a caller with the scope ops:read
 * @throws STATUS_SERVICE_UNREACHABLE
 */
export async function readStatus(url: URL, token?: Secret): Promise<ReadStatus> {
  const whole = await ask(new URL('/status.json', url), token);
  if (whole.status === 200)
    return { status: parsed(whole.text) as Status, isPartial: false, refusal: null };
  const ready = await ask(new URL('/health/ready', url));
  return {
    status: ofReadiness(parsed(ready.text) as Readiness),
    isPartial: true,
    refusal: refusalOf(whole.text),
  };
}

/** The code of a problem document; null for what is none, and for a code that this build cannot explain. */
function refusalOf(text: string): string | null {
  try {
    const { code } = Object(JSON.parse(text)) as { readonly code?: unknown };
    return typeof code === 'string' && catalogue.has(code) ? code : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function ofReadiness(readiness: Readiness): Status {
  const checks = Object.entries(readiness.checks).map(([name, check]) => {
    // A newer service may have codes that this build cannot explain.
    const { code, ...rest } = check;
    const isKnown = code !== undefined && catalogue.has(code.split(':', 1)[0] ?? code);
    return [
      name,
      isKnown || code === undefined ? check : { ...rest, detail: `${rest.detail} (${code})` },
    ];
  });
  return statusOf({
    health: {
      ...readiness,
      environment: null,
      checks: Object.fromEntries(checks) as Readiness['checks'],
      migrations: { status: 'unknown', stores: {} },
    },
    draining: 'shutdown' in readiness.checks,
    startedAt: null,
    release: { name: 'holdfast', version: readiness.version, commit: null, node: null },
    checkNames: [],
    pools: [],
    problems: [],
    sinceStart: null,
    transitionsOf: () => [],
  });
}

async function ask(url: URL, token?: Secret): Promise<HttpAnswer> {
  try {
    return await httpGet(url, { limitMs: ANSWER_MS, mostCharacters: MOST_CHARACTERS }, token);
  } catch (error) {
    if (error instanceof NoAnswer) throw unreachable(error.message, error);
    throw error;
  }
}

function parsed(text: string): object {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw unreachable('what answers is no Holdfast service', cause);
  }
  const { status, checks } = Object(body) as {
    readonly status?: unknown;
    readonly checks?: unknown;
  };
  if (
    typeof checks !== 'object' ||
    checks === null ||
    !['ok', 'degraded', 'fail'].includes(String(status))
  )
    throw unreachable('what answers is no Holdfast service');
  return Object(body) as object;
}

function unreachable(detail: string, cause?: unknown): ReasonError {
  return new ReasonError('STATUS_SERVICE_UNREACHABLE', { detail, cause });
}
