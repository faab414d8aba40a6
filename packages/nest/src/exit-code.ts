import { EXIT, type ExitCode, ReasonError } from '@holdfast/core/reasons';
import { RefusedConfiguration } from '@holdfast/guard/configure';

/** What a process ends with that `NestFactory.create()` rejects: 78, 69, or 1 for what is in no catalogue. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof RefusedConfiguration) return error.exit;
  return error instanceof ReasonError ? (error.reason.exit ?? EXIT.failed) : EXIT.failed;
}
