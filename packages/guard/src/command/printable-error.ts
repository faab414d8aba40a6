import { maskedText } from '../masked-text.js';

const MASK = '***';
const URL_LIKE = /([a-z][a-z0-9+.-]*:\/{1,3})\S*[@:]\S*/gi;

/**
 * What may be printed of wrong usage, which repeats the command line: somebody may have written a
 * connection string where none belongs, and what is printed is kept in logs.
 * @param args of the command line, as they were given
 */
export function printableUsage(text: string, args: readonly string[]): string {
  return maskedText(withoutSecretArguments(text, args).replace(URL_LIKE, `$1${MASK}`));
}

/** The same of any other failure, in which a connection string stands masked. */
export function withoutSecretArguments(text: string, args: readonly string[]): string {
  return args
    .flatMap((arg) => [arg, ...arg.split(',').map((part) => part.trim())])
    .map((arg) => ({ arg, masked: maskedArgument(arg) }))
    .filter(({ arg, masked }) => masked !== arg)
    .reduce(
      (left, { arg, masked }) =>
        left.replaceAll(JSON.stringify(arg).slice(1, -1), masked).replaceAll(arg, masked),
      text,
    );
}

/** Nothing behind a scheme, a `password=` or a `user:` is shown: where it ends cannot be told. */
function maskedArgument(arg: string): string {
  return arg
    .replace(/([a-z][a-z0-9+.-]*:\/{1,3}).*[@:=].*$/is, `$1${MASK}`)
    .replace(/((?:password|passwd|pwd)\s*[=:]\s*).*$/is, `$1${MASK}`)
    .replace(/^([^\s:@/=]+:)(?!\/).*@.*$/s, `$1${MASK}`);
}
