import {
  EXIT,
  answer,
  configuration,
  defineReasons,
  notice,
  toldOnce,
  unauthenticated,
  unavailable,
} from '@holdfast/core/reasons';
import '@holdfast/migrate/reasons';

/** What a request is refused for, and what readiness reports. */
export const reasons = defineReasons({
  POSTGRES_LOGIN_FAILING: answer(
    503,
    'PostgreSQL refuses new logins, while the sessions that are open go on.',
    'Write the new password into the file that NAME_FILE names, which is read at each login, or give the role back its password, validity or rights, before the connections are recycled (DB_POOL_RECYCLE); a password in a variable needs a restart.',
  ),
  HEALTH_CHECK_UNKNOWN: answer(
    404,
    'This process has no check of that name.',
    'See `checks` in GET /health; a check of what is not set up, such as Redis without REDIS_URL, is not there.',
  ),
  CHECK_FAILED: answer(
    503,
    'A check that the application has brought fails, or has not answered in time.',
    'See what the check of that name does; it may take HEALTH_PROBE_TIMEOUT_MS. Let it throw a code of its own, so that this says more.',
  ),
  TRACING_API_TOO_OLD: notice(
    'An OpenTelemetry SDK has been registered through an @opentelemetry/api that is older than the one that this program asks: nothing is traced.',
    'Install a later 1.x of @opentelemetry/api beside the SDK, and with it an SDK that takes it: npm ls @opentelemetry/api names the versions that are there.',
  ),
  EVENT_LOOP_LAGGING: answer(
    503,
    'The event loop was held up: every answer of the process is late.',
    'Look for work that blocks (very large bodies or pages, SQLite under load), or give the process more CPU.',
  ),
  REDIS_UNREACHABLE: unavailable(
    'Redis does not answer.',
    'Check REDIS_URL, that the server runs, its certificate under rediss:// (REDIS_TLS_CA_FILE), and the network between.',
  ),
  REDIS_AUTH_FAILED: unavailable(
    'Redis refuses the log-in.',
    'Correct user and password in REDIS_URL: redis://:PASSWORD@HOST:6379/0, or redis://USER:PASSWORD@HOST:6379/0, percent-encoded; the file of REDIS_URL_FILE is read again at each log-in.',
  ),
  REDIS_TLS_FAILED: unavailable(
    'The connection to Redis cannot be encrypted or verified as asked.',
    'Give the authority that signed its certificate as REDIS_TLS_CA_FILE, and the name that stands in it as the host; rediss:// needs the port that speaks TLS.',
  ),
  REDIS_CERTIFICATE_EXPIRING: notice(
    'The certificate of Redis ends within 14 days; from then on it cannot be reached as asked.',
    'Renew it where the encryption ends; Redis itself reads it again with CONFIG SET tls-cert-file.',
  ),
  REDIS_READ_ONLY: unavailable(
    'Redis is a replica that takes no writes.',
    'Let REDIS_URL lead to the primary, or to a name or proxy that follows it.',
  ),
  REDIS_RIGHTS_MISSING: unavailable(
    'Redis does not let the user write and run scripts.',
    'Give the user what the service does: ACL SETUSER USER ~holdfast:* +@read +@write +@scripting +ping +select +time +info.',
  ),
  REDIS_DATABASE_MISSING: unavailable(
    'Redis does not have the database that REDIS_URL names by its number.',
    'Name one that it has, as in redis://:PASSWORD@HOST:6379/0, or raise `databases` in its configuration.',
  ),
  REDIS_CLUSTER_UNSUPPORTED: unavailable(
    'REDIS_URL leads to a node of a Redis Cluster, which is not supported.',
    'Use a Redis without cluster mode; a single primary with a replica is enough for what is kept there.',
  ),
  REDIS_SENTINEL_UNSUPPORTED: unavailable(
    'REDIS_URL leads to a Redis Sentinel, which is not supported.',
    'Let REDIS_URL lead to the primary that the Sentinel watches, through a name or a proxy that follows it (docs/PRODUCTION.md).',
  ),
  REDIS_OUT_OF_MEMORY: unavailable(
    'Redis has no memory left for writes.',
    'Raise maxmemory, or give the service a Redis of its own; evicting (maxmemory-policy) would forget what was counted.',
  ),
  REDIS_NOT_PERSISTING: unavailable(
    'Redis takes no writes because it cannot save to its disk.',
    'See to its disk, or turn snapshots off (CONFIG SET save ""): nothing that the service keeps there has to survive.',
  ),
  REDIS_LOADING: unavailable(
    'Redis is loading its data and does not answer yet.',
    'Wait; nothing that the service keeps there has to survive, so that it may start empty.',
  ),
  REDIS_PROTECTED_MODE: unavailable(
    'Redis takes connections only from its own machine, because it has no password (protected mode).',
    'Give it a password (requirepass, or ACL SETUSER), and name that in REDIS_URL.',
  ),
  REDIS_TOO_MANY_CONNECTIONS: unavailable(
    'Redis has no free connection left.',
    'Raise maxclients, or find out with CLIENT LIST who holds them.',
  ),
  REDIS_REFUSED: unavailable(
    'Redis refuses what the service does, with an error that has no code of its own here.',
    'Look up the word that the log has under `failure` in the documentation of Redis.',
  ),
  LISTEN_FAILED: {
    meaning: 'The port cannot be opened.',
    fix: 'Free the port or set PORT to another one (0 takes any free port); check HOST.',
    exit: EXIT.failed,
  },
  HTTP_FRAMEWORK_MISSING: {
    meaning: 'The HTTP framework that the application is to be served by is not installed.',
    fix: 'Run `npm install @nestjs/platform-fastify` or `npm install @nestjs/platform-express`; `framework` of start() chooses, and is fastify by default.',
    exit: EXIT.failed,
  },
  TOKEN_MISSING: unauthenticated(
    'Bearer',
    'The request does not say by a token who asks.',
    'Send Authorization: Bearer TOKEN, with a token of the issuer that this service trusts.',
  ),
  TOKEN_INVALID: unauthenticated(
    'Bearer',
    'The token proves nothing here.',
    'Get a token from the issuer that this service trusts, made for it; `detail` says which check failed.',
  ),
  TOKEN_EXPIRED: unauthenticated(
    'Bearer',
    'The token has ended.',
    'Get a new token, and send the request again.',
  ),
  SCOPE_MISSING: answer(
    403,
    'The token does not let its holder do this.',
    'Get a token with the scope that `detail` and WWW-Authenticate name.',
  ),
  SESSION_ENDED: unauthenticated(
    'Bearer',
    'The log-in that this goes on from has ended.',
    'Log in again: it was left, took its time, its operator was removed or given another password, or its token was used twice.',
  ),
  CSRF_TOKEN_INVALID: answer(
    403,
    'The request comes by a cookie, and does not prove that a page of this service has made it.',
    'Send csrf_token of the log-in as X-CSRF-Token, or as the field csrf_token of a form; a program sends Authorization: Bearer TOKEN instead, and no cookie.',
  ),
  LOGIN_FAILED: unauthenticated(
    'Bearer',
    'Nobody is known by this name and password.',
    'Check both; `holdfast user list` says who may log in.',
  ),
  LOGIN_BLOCKED: answer(
    429,
    'There have been too many failed log-ins.',
    'Try again after Retry-After seconds: 10 failures in 15 minutes, of a name or from an address, block it for 15.',
  ),
  LOGIN_BUSY: toldOnce(
    503,
    'Too many log in just now.',
    'Try again after Retry-After seconds; if it lasts, see `auth.login.failure` in the log for who it is.',
  ),
  LOGIN_STATE_UNAVAILABLE: toldOnce(
    503,
    'Redis does not answer, and this instance has not seen the log-in that is to be gone on with.',
    'Try again after Retry-After seconds, or log in again.',
  ),
  LOGIN_NOT_CONFIGURED: answer(
    404,
    'Nobody logs in here.',
    'Set AUTH_MODE=jwt, JWT_SIGNING_KEY_FILE and ADMIN_CREDENTIALS_PATH, and add an operator: `holdfast user add NAME`.',
  ),
  ACTOR_NOT_CALLER: answer(
    403,
    'The body names somebody else than the caller as the one who acts.',
    'Leave the field out, or name the subject of the token.',
  ),
  JWT_KEYS_UNAVAILABLE: toldOnce(
    503,
    'No token can be checked: the keys have not been had yet.',
    'See that the server of JWT_JWKS_URL answers, with 200 and within 5 seconds, from where the service runs.',
  ),
  JWT_KEYS_UNUSABLE: configuration(
    'There is no key in what should hold the keys of tokens, or none that can be used.',
    'Give a JSON Web Key Set with public keys for RS, PS, ES or EdDSA (RSA of at least 2048 bits), or a signing key of at least 32 bytes.',
  ),
  ROUTE_WITHOUT_SCOPE: {
    meaning: 'A route of the application does not say who may ask for it.',
    fix: "Decorate the method or its controller with @RequiresScope('…') or @Public().",
    status: 403,
    exit: EXIT.failed,
  },
  ROUTE_NOT_FOUND: answer(404, 'There is no such route.', 'See /docs for the routes.'),
  REQUEST_REFUSED: answer(
    400,
    'The application refuses the request.',
    'See `detail`, which is what the application says of it.',
  ),
  REQUEST_MALFORMED: answer(400, 'The request cannot be read.', 'Send a well-formed HTTP request.'),
  METHOD_NOT_ALLOWED: answer(
    405,
    'The route does not take this method.',
    'Send one of the methods that Allow names.',
  ),
  EXPECTATION_FAILED: answer(
    417,
    'The request expects what no server can promise.',
    'Leave Expect out, or send Expect: 100-continue.',
  ),
  TARGET_TOO_LONG: answer(
    414,
    'The URL is too long.',
    'Keep path and query under 8 KiB, and each part of the path to 1,024 characters.',
  ),
  HEADERS_TOO_LARGE: answer(
    431,
    'The headers are too large.',
    'Keep all headers under 16 KiB, and to 100.',
  ),
  REQUEST_TIMEOUT: answer(
    408,
    'The request did not arrive in time.',
    'Send all of it within 30 seconds.',
  ),
  RATE_LIMITED: answer(
    429,
    'The client has made as many requests as it may for now.',
    'Send it again after Retry-After seconds; RateLimit-Policy says how many are allowed of what: RATE_LIMIT_READS, RATE_LIMIT_WRITES, RATE_LIMIT_OPERATIONS or RATE_LIMIT_REFUSED.',
  ),
  CALLER_BUSY: answer(
    429,
    'The caller has as many requests under way as it may have at once.',
    'Send it again after Retry-After seconds, with fewer at a time; MAX_REQUESTS_PER_CALLER says how many are allowed.',
  ),
  BODY_MALFORMED: answer(400, 'The body is not JSON in UTF-8.', 'Send one JSON document in UTF-8.'),
  BODY_TOO_LARGE: answer(413, 'The body is too large.', 'Keep the body under 2 MiB.'),
  BODY_TOO_COMPLEX: answer(
    413,
    'The body holds too many values or names.',
    'Keep to 90,000 values and 20,000 different names; send more in several requests.',
  ),
  MEDIA_TYPE_UNSUPPORTED: answer(
    415,
    'What is sent is of a type that the route does not take.',
    'Send what /docs says that the route takes, with its Content-Type: a document with application/json; a file has to be what `detail` says.',
  ),
  VALIDATION_FAILED: answer(
    422,
    'The request does not fit the schema.',
    'Correct what `errors` lists; see /docs for the schema.',
  ),
  JSON_NUMBER_NOT_REPRESENTABLE: answer(
    422,
    'A number would come back different from what was sent.',
    'Send it as a string, or with a value that an IEEE 754 double holds.',
  ),
  JSON_LONE_SURROGATE: answer(
    422,
    'A text holds half of a surrogate pair.',
    'Send well-formed Unicode.',
  ),
  JSON_NUL_CHARACTER: answer(422, 'A text holds a NUL character.', 'Remove U+0000.'),
  JSON_DUPLICATE_KEY: answer(
    422,
    'An object names the same key twice.',
    'Name each key of an object once.',
  ),
  JSON_PROTOTYPE_KEY: answer(
    422,
    'An object uses a key that is reserved by JavaScript.',
    'Rename the key (__proto__, or constructor holding prototype).',
  ),
  JSON_TOO_DEEP: answer(422, 'The document is nested too deeply.', 'Keep to 128 levels.'),
  IDEMPOTENCY_KEY_REQUIRED: answer(
    400,
    'The request needs an Idempotency-Key.',
    'Send an Idempotency-Key header of 1 to 255 visible ASCII characters.',
  ),
  IDEMPOTENCY_KEY_INVALID: answer(
    400,
    'The Idempotency-Key is not usable.',
    'Send 1 to 255 visible ASCII characters without blanks.',
  ),
  IDEMPOTENCY_KEY_CONFLICT: answer(
    409,
    'The Idempotency-Key was used for another request.',
    'Use a new key for a new request, or send the same request again.',
  ),
  CURSOR_INVALID: answer(
    400,
    'The cursor is not one that this list gave.',
    'Start again without cursor, or send next_cursor as it came.',
  ),
  PRECONDITION_INVALID: answer(
    400,
    'If-Match or If-None-Match cannot be read.',
    'Send *, or entity tags in double quotes separated by commas.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
