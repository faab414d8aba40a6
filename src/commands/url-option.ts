import { InvalidArgumentError } from 'commander';

/** Of an option that names a service. Its message never repeats what was given. */
export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('Not an http URL.');
  if (url.username || url.password)
    throw new InvalidArgumentError('Credentials do not belong on a command line.');
  return url;
}
