import { HttpException } from '@nestjs/common';
import { type Reason, reasonFor } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';

const MOST_ERRORS = 50;
/** As Nest's router says that it has no route. */
const NO_ROUTE = /^Cannot [A-Z]+ /;

/** What a controller, a guard or a pipe of the application throws of Nest's own: its status and its text. */
export class ApplicationRefusal extends ReasonError {
  override readonly reason: Reason;

  constructor(error: HttpException) {
    const errors = errorsOf(error);
    super('REQUEST_REFUSED', {
      detail: error.message,
      cause: error,
      ...(errors.length > 0 && { errors }),
    });
    this.reason = { ...reasonFor('REQUEST_REFUSED'), status: error.getStatus() };
  }
}

/**
 * Whether the application means its client to read it: not where there is no route, nor what Nest makes of
 * an error of Fastify's.
 */
export function isApplications(error: unknown): error is HttpException {
  if (!(error instanceof HttpException)) return false;
  const status = error.getStatus();
  if (status === 400 && error.constructor === HttpException) return false;
  if (status === 404) return !NO_ROUTE.test(error.message);
  return status >= 400 && status < 500 && status !== 413 && status !== 415;
}

/** As a `ValidationPipe` gives them: a list of texts. */
function errorsOf(error: HttpException) {
  const { message } = Object(error.getResponse()) as { readonly message?: unknown };
  if (!Array.isArray(message)) return [];
  return message.slice(0, MOST_ERRORS).map((each) => ({ path: '', message: String(each) }));
}
