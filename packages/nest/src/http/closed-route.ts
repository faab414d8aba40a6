import type { HttpAdapterHost } from '@nestjs/core';
import type { ReasonCode } from '@holdfast/core/reasons';
import { platformOf } from './platform.js';

/**
 * Answers requests of some routes with a code before anything of them is read: guards of Nest's run
 * behind the body. To be called before the application listens.
 * @param closed of the methods and the patterns of routes
 */
export function closeRoutes(
  { httpAdapter }: HttpAdapterHost,
  code: ReasonCode,
  closed: (method: string, pattern: string) => boolean,
): void {
  platformOf(httpAdapter).closeRoutes(code, closed);
}
