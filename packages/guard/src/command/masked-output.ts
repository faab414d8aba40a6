import { printableUsage } from './printable-error.js';

/** For each command of commander: what it says of wrong usage repeats arguments. */
export const MASKED_OUTPUT = {
  outputError: (text: string, write: (text: string) => void): void => {
    write(printableUsage(text, process.argv.slice(2)));
  },
};
