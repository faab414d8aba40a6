import Joi from 'joi';
import { text, variable } from '../variable.js';

const PARAMETERS = new Set(['db', 'family', 'password']);

const REDIS_URL = Joi.string()
  .uri({ scheme: ['redis', 'rediss'] })
  .custom((url: string) => {
    // The driver decodes it all, and throws.
    decodeURIComponent(url);
    const { hostname, pathname, hash, searchParams } = new URL(url);
    const isPlace = hostname !== '' && /^(\/\d*)?$/.test(pathname) && hash === '';
    // It takes any other parameter for an option of its own, such as how it connects again.
    const isPlain = [...searchParams.keys()].every((name) => PARAMETERS.has(name));
    if (!isPlace || !isPlain) throw new RangeError('leads elsewhere than it seems to');
    return url;
  })
  .required();

/** Where Redis is, if there is one. */
export const redisVariables = {
  REDIS_URL: variable<string | undefined>(
    REDIS_URL,
    'a redis:// or rediss:// URL without options of the driver',
    'Redis',
    { secret: true, fromFile: true },
  ),
  REDIS_TLS_CA_FILE: text('file with the certificate authorities (PEM) to trust under rediss://'),
};
