import Joi from 'joi';
import { variable } from '../variable.js';

const YEAR_SECONDS = 31_536_000;

/** What browsers may do with answers. */
export const browserVariables = {
  CORS_ORIGINS: variable<string | undefined>(
    Joi.string().trim().custom(origins),
    'origins such as https://app.example.com, in lower case and without a path, separated by commas; or *',
    'origins whose scripts may send requests and read the answers, with a token and without cookies; none unless given; * for all, under LOCAL only',
  ),
  HSTS_SECONDS: variable<number | undefined>(
    Joi.number()
      .integer()
      .min(0)
      .max(2 * YEAR_SECONDS),
    `a whole number from 0 to ${2 * YEAR_SECONDS}`,
    `for how long browsers are to come back by https:// alone, told where a proxy of TRUSTED_PROXIES says X-Forwarded-Proto: https; 0 off; ${YEAR_SECONDS} under PRODUCTION, else 0`,
  ),
};

/** @throws for what no browser sends as Origin */
function origins(list: string): string {
  for (const each of originsIn(list)) {
    if (each !== '*' && !isOrigin(each)) throw new RangeError('no origin');
  }
  return list;
}

/** The origins of CORS_ORIGINS. */
export function originsIn(list: string | undefined): readonly string[] {
  return list?.split(',').map((each) => each.trim()) ?? [];
}

function isOrigin(text: string): boolean {
  // A host with a star is one to a URL, and no browser's.
  if (!/^https?:\/\/[^*]+$/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}

/** HSTS is remembered: on a developer's machine it would be for whatever is served there next. */
export function hstsSecondsOf(given: number | undefined, profile: 'LOCAL' | 'PRODUCTION'): number {
  return given ?? (profile === 'PRODUCTION' ? YEAR_SECONDS : 0);
}
