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
    'requests that one client may make in a window, over all instances together; 0 off',
  ),
  RATE_LIMIT_WINDOW_SECONDS: whole(1, 86_400, 60, 'length of a window of RATE_LIMIT_REQUESTS'),
  RATE_LIMIT_INSTANCES: whole(
    1,
    10_000,
    1,
    'instances, at least, that share RATE_LIMIT_REQUESTS while they cannot count in Redis',
  ),
};

/** @throws for what is no list of addresses and networks */
function proxies(list: string): string {
  for (const each of list.split(',')) {
    const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(each.trim()) ?? [];
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    if (Number(bits ?? 0) > longest) throw new RangeError('no address and no network');
  }
  return list;
}
