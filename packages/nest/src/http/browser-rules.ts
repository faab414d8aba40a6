import type { IncomingMessage } from 'node:http';
import type { Settings } from '@holdfast/guard/settings';

type HeaderFields = Readonly<Record<string, string>>;

/** For how long a browser need not ask again whether a request may be sent. */
const PREFLIGHT_SECONDS = 600;

/** Beyond those that a browser shows to a script by itself. */
const EXPOSED = [
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Consistency-Token',
  'X-Correlation-Id',
].join(', ');

/** Never Access-Control-Allow-Credentials: a token is sent by the script itself, and cookies stay at home. */
const PREFLIGHT: HeaderFields = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'X-Consistency-Token',
    'X-Correlation-Id',
    'traceparent',
    'tracestate',
  ].join(', '),
  'access-control-max-age': String(PREFLIGHT_SECONDS),
};

/** What answers tell browsers beyond what all of them do: to scripts of which origins, and by https:// alone. */
export class BrowserRules {
  readonly #origins: ReadonlySet<string>;
  readonly #security: string;

  private constructor(
    origins: readonly string[],
    private readonly hstsSeconds: number,
  ) {
    this.#origins = new Set(origins);
    this.#security = `max-age=${hstsSeconds}`;
  }

  /** Null where there is nothing to tell. */
  static of({ http: { allowedOrigins, hstsSeconds } }: Settings): BrowserRules | null {
    if (allowedOrigins.length === 0 && hstsSeconds === 0) return null;
    return new BrowserRules(allowedOrigins, hstsSeconds);
  }

  /** @param isSecure whether the client has come by https://, as a trusted proxy says */
  headersFor({ headers }: IncomingMessage, isSecure: () => boolean): HeaderFields {
    return {
      ...(this.#origins.size > 0 && { vary: 'Origin' }),
      ...(this.#allows(headers.origin) && {
        'access-control-allow-origin': headers.origin,
        'access-control-expose-headers': EXPOSED,
      }),
      ...(this.hstsSeconds > 0 &&
        headers['x-forwarded-proto'] !== undefined &&
        isSecure() && { 'strict-transport-security': this.#security }),
    };
  }

  /**
   * What answers the question of a browser whether it may send a request, which no route sees; undefined for any other
   * request, and for an origin that is not listed.
   */
  preflightOf({ method, headers }: IncomingMessage): HeaderFields | undefined {
    const isPreflight =
      method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
    return isPreflight && this.#allows(headers.origin) ? PREFLIGHT : undefined;
  }

  #allows(origin: string | undefined): origin is string {
    return origin !== undefined && (this.#origins.has(origin) || this.#origins.has('*'));
  }
}
