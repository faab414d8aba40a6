import { S3Errors } from '@bradenmacdonald/s3-lite-client';

/** By the codes of Node, of its HTTP client and of OpenSSL; the first that fits. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'nothing listens there, or a firewall refuses'],
  [/^ENOTFOUND$/, 'the name of the host is not known'],
  [/^EAI_/, 'the name of the host could not be looked up'],
  [/^E(HOST|NET)UNREACH$/, 'there is no way to the host'],
  [/TIMEDOUT$|TIMEOUT$/, 'no answer in time'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'the connection was closed by the other end'],
  [/^(EPROTO|ERR_SSL_)/, 'it does not speak TLS, or not as this machine does'],
  [/^(ERR_TLS_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_)/, 'its certificate is refused'],
  [/^HPE_/, 'it does not speak HTTP'],
];

/** What Node's HTTP client has no code for, by its own words, which name nothing that was sent. */
const UNCODED: readonly (readonly [RegExp, string])[] = [
  [/redirect/i, 'it leads somewhere else, where no request is sent to'],
  [/bad port/i, 'no HTTP is spoken at such a port'],
  [/abort/i, 'no answer in time'],
];

/**
 * What a bucket has failed with: its own code and status, or what happened on the way to it. Never a text of the
 * server's, which may repeat what it was sent, nor an address, which has the signature in it.
 */
export function bucketFailureInWords(error: unknown): string {
  if (error instanceof S3Errors.ServerError) return `${error.code} (${error.statusCode})`;
  const causes = causesOf(error);
  const code = causes.map(codeOf).find((each) => each !== undefined);
  if (code === undefined) {
    const text = causes.map(({ name, message }) => `${String(name)} ${String(message)}`).join(' ');
    return wordsFor(UNCODED, text) ?? 'there was no answer that can be used';
  }
  const words = wordsFor(WORDS, code);
  return words === undefined ? code : `${code}: ${words}`;
}

function wordsFor(words: typeof WORDS, text: string): string | undefined {
  return words.find(([pattern]) => pattern.test(text))?.[1];
}

/** What errors have, or those that they were made of; some have numbers for codes. */
interface Failure {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

function codeOf({ code }: Failure): string | undefined {
  return typeof code === 'string' && /^[A-Z][A-Z\d_]{2,63}$/.test(code) ? code : undefined;
}

/** The error and what it was made of, the outermost first; of several addresses that were tried, the first. */
function causesOf(error: unknown): readonly Failure[] {
  const all: Failure[] = [];
  for (let each = error; typeof each === 'object' && each !== null && all.length < MOST_CAUSES;) {
    const failure: Failure = each;
    all.push(failure);
    const [first] = Array.isArray(failure.errors) ? (failure.errors as readonly unknown[]) : [];
    each = failure.cause ?? first;
  }
  return all;
}

/** More than any has, unless it is its own cause. */
const MOST_CAUSES = 8;
