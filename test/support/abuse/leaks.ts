import { SIGNING_KEY } from '../tokens.js';
import type { RawAnswer } from './exchange.js';

/** What no answer may hold: of stacks, statements, paths, tables, secrets, and of what drivers and libraries say. */
const LEAKS: readonly RegExp[] = [
  /\bat [\w.<>]+ \(|\.[cm]?[jt]s:\d|node_modules|node:internal/,
  /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|BEGIN|ROLLBACK)\b [\w*"$]/,
  /\b(?:dpm|advisory|policy_packs|holdfast)_[a-z]+\b(?<!holdfast_(?:app|owner))/,
  /relation "|syntax error at|duplicate key value|violates|invalid input syntax|SQLSTATE|QueryFailed/,
  /\b(?:TypeError|SyntaxError|ReferenceError|RangeError|ZodError|JWSInvalid|JWTInvalid|FastifyError)\b/,
  /Cannot (?:read|set|convert)|is not a function|undefined is not|Unexpected token|in JSON at/,
  /\b(?:ERR|FST|HPE|ECONN)_?[A-Z_]+\b/,
  /\/(?:work|tmp|home|root|usr|etc|proc|dist)\//,
  /postgres(?:ql)?:\/\/|127\.0\.0\.1|\blocalhost\b/,
  /\b(?:fastify|express|swagger|jose|typeorm|ioredis|libpq)\b/i,
];

/** What the service, and what is in front of it, would tell of themselves. */
const TELLING_HEADERS = ['server', 'x-powered-by', 'via', 'x-runtime', 'x-aspnet-version'];

/** @param echoed what the request itself has said: an answer names the path that it is for */
export function leaksIn({ headers, body }: RawAnswer, echoed: string): readonly string[] {
  const text = [body, ...headers.values()].join('\n');
  const found = LEAKS.flatMap((pattern) => pattern.exec(text)?.[0] ?? []).filter(
    (leak) => !echoed.includes(leak),
  );
  const secrets = text.includes(SIGNING_KEY) ? ['the signing key'] : [];
  const telling = TELLING_HEADERS.filter((name) => headers.has(name));
  return [...found, ...secrets, ...telling];
}
