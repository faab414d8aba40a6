import { EXIT, type ExitCode, type ReasonError } from '@holdfast/core/reasons';
import './cutover.reasons.js';

/** What one check has found out. */
export interface Finding {
  readonly ok: boolean;
  /** Why it is not; of a warning, what it is about; absent when there is nothing to say. */
  readonly code?: string;
  /** For people: no host, user, path or driver's text. */
  readonly detail: string;
  /** What the whole command ends with, if nothing is worse. */
  readonly exit: ExitCode;
}

export function passed(detail: string): Finding {
  return { ok: true, detail, exit: EXIT.ok };
}

/** No reason not to go, but one to look. */
export function warned(code: string, detail: string): Finding {
  return { ok: true, code, detail: `warning: ${detail}`, exit: EXIT.ok };
}

/** An answer was had, and it is no. */
export function failed(code: string, detail: string): Finding {
  return { ok: false, code, detail, exit: EXIT.failed };
}

/** No answer was had. */
export function broken({ code, message, reason }: ReasonError): Finding {
  return { ok: false, code, detail: message, exit: reason.exit ?? EXIT.unavailable };
}

export function notRun(because: string): Finding {
  return failed('CHECK_NOT_RUN', `not run: ${because}`);
}

/** The refused configuration comes first, then what could not be checked, then a failure. */
export function worstExit(findings: readonly Finding[]): ExitCode {
  const order = [EXIT.configuration, EXIT.unavailable, EXIT.failed];
  return order.find((exit) => findings.some((finding) => finding.exit === exit)) ?? EXIT.ok;
}
