import { Option } from 'commander';
import { ReasonError } from '../reasons.js';

/** `--instances`, for the commands that judge the connection budget; its value is a text. */
export function instancesOption(): Option {
  return new Option(
    '--instances <number>',
    'processes that will serve, for the connection budget',
  ).default('2');
}

/** @throws USAGE */
export function wholeNumber(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= least) return number;
  throw new ReasonError('USAGE', {
    detail: `${flag} must be a whole number from ${least} to 99999`,
  });
}
