const CODE = Symbol('reason code');

interface Refused {
  [CODE]?: string;
}

/** Keeps by which code a request was answered with a problem document, for its line in the log. @param request Node's */
export function keepRefusal(request: object, code: string): void {
  (request as Refused)[CODE] = code;
}

/** Undefined of a request that had what it asked for. @param request Node's */
export function refusalOf(request: object): string | undefined {
  return (request as Refused)[CODE];
}
