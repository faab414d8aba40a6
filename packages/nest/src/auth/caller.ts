import type { IncomingMessage, ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Signer } from './caller-signer.js';
import { CallerRefused } from './caller-refused.js';

/** Who has proved by a token that a request is theirs. */
export interface Caller extends Signer {
  /** `sub` of the token. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** That an operator has begun by logging in; absent for tokens of other issuers. */
  readonly session?: string;
  /** The operator as they were then: another password makes another one. */
  readonly operator?: string;
}

/** Of tokens that this service has issued: the session that they are of. */
export const SESSION_CLAIM = 'holdfast_session';
/** And whose it is, beyond a name that may be given anew. */
export const OPERATOR_CLAIM = 'holdfast_operator';

/** Of the requests that have been let in; null where nothing had to be proved. */
const callers = new WeakMap<IncomingMessage, Caller | null>();

/** Of requests whose callers are known and may not do what they ask for. */
const refused = new WeakMap<IncomingMessage, Caller>();

export function letIn(request: IncomingMessage, caller: Caller | null): void {
  callers.set(request, caller);
}

export function isLetIn(request: IncomingMessage): boolean {
  return callers.has(request);
}

/** Keeps who has asked in vain. */
export function turnAway(request: IncomingMessage, caller: Caller): void {
  refused.set(request, caller);
}

/** Who has asked, let in or not; null where nobody has proved to. */
export function askerOf(request: IncomingMessage): Caller | null {
  return callerOf(request) ?? refused.get(request) ?? null;
}

/** Fastify's request has Node's, Express's is it. */
export function rawRequest(request: IncomingMessage | { readonly raw: IncomingMessage }) {
  return 'raw' in request ? request.raw : request;
}

/** Null where nothing had to be proved, or has been. */
export function callerOf(request: IncomingMessage): Caller | null {
  return callers.get(request) ?? null;
}

/** Fastify's reply has Node's response, Express's is it. */
export function rawResponse(response: ServerResponse | { readonly raw: ServerResponse }) {
  return 'raw' in response ? response.raw : response;
}

/** A parameter of a controller's method: the `Caller`, or null under AUTH_MODE=none. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<Parameters<typeof rawRequest>[0]>();
  return callerOf(rawRequest(request));
});

/**
 * For what a body asks for beyond what its route does.
 * @throws SCOPE_MISSING
 */
export function requireScope(caller: Caller | null, scope: string): void {
  if (caller && !caller.scopes.has(scope)) throw CallerRefused.scope(scope);
}
