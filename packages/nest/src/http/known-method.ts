/** Clients may invent any: each other one is this, as OpenTelemetry's HTTP conventions have it. */
export const OTHER_METHOD = '_OTHER';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The method of a request as metrics and traces name it. */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : OTHER_METHOD;
}
