import { reasonFor } from '@holdfast/core/reasons';
import './reasons.js';

/** One broken rule of the guard. No field ever holds any part of a variable's value. */
export interface Violation {
  readonly code: string;
  readonly variable: string;
  readonly message: string;
  readonly fix: string;
}

/** A violation whose `fix` is the catalogue's, unless the case has a more precise one. */
export function violation(
  code: string,
  variable: string,
  message: string,
  fix: string = reasonFor(code).fix,
): Violation {
  return Object.freeze({ code, variable, message, fix });
}
