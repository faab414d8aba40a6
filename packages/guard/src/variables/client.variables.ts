import { isIP } from 'node:net';
import Joi from 'joi';
import { variable, whole } from '../variable.js';

/** Whose requests are served, and how many. */
export const clientVariables = {
  TRUSTED_PROXIES: variable<string | undefined>(
    Joi.string().trim().custom(proxies),
    'addresses or networks such as 10.0.0.0/8, separated by commas',
    'load balancers whose X-Forwarded-For is believed; nobody unless given',
  ),
  MAX_REQUESTS_PER_CALLER: variable<number | undefined>(
    Joi.number().integer().min(0).max(1_000_000),
    'a whole number from 0 to 1000000',
    'requests of one caller that an instance answers at once, by the subject of the token, else by the address; 0 off; 64 under AUTH_MODE=jwt in PRODUCTION, else 0',
  ),
  RATE_LIMIT_REQUESTS: whole(
    0,
    1_000_000_000,
    0,
    'what RATE_LIMIT_READS, RATE_LIMIT_WRITES and RATE_LIMIT_REFUSED are unless given; 0 off',
  ),
  RATE_LIMIT_READS: limit(
    'requests that one caller may make in a window to read, over all instances together, by the subject of the token, else by the address; 0 off; RATE_LIMIT_REQUESTS unless given',
  ),
  RATE_LIMIT_WRITES: limit('the same to write; RATE_LIMIT_REQUESTS unless given'),
  RATE_LIMIT_OPERATIONS: limit(
    'the same for what operators look at; off unless given. Probes and the version are never limited',
  ),
  RATE_LIMIT_REFUSED: limit(
    'requests of one address in a window that prove nobody where a token is needed, or lead nowhere; 0 off; RATE_LIMIT_REQUESTS unless given, and where that is off 600 under AUTH_MODE=jwt in PRODUCTION',
  ),
  RATE_LIMIT_WINDOW_SECONDS: whole(1, 86_400, 60, 'length of a window of the rate limits'),
  RATE_LIMIT_INSTANCES: whole(
    1,
    10_000,
    1,
    'instances, at least, that share each rate limit while they cannot count in Redis',
  ),
};

/** Requests in a window; undefined unless given. */
function limit(meaning: string) {
  return variable<number | undefined>(
    Joi.number().integer().min(0).max(1_000_000_000),
    'a whole number from 0 to 1000000000',
    meaning,
  );
}

/** @throws for what is no list of addresses and networks */
function proxies(list: string): string {
  for (const each of list.split(',')) {
    const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(each.trim()) ?? [];
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    if (Number(bits ?? 0) > longest) throw new RangeError('no address and no network');
  }
  return list;
}
