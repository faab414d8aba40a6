import type { IncomingMessage, ServerResponse } from 'node:http';

/** What of Express is used here; its own types are a package of their own, which applications may not have. */
export interface ExpressApp {
  readonly router: { readonly stack: readonly Layer[] };
  use(handler: Handler): unknown;
  get(path: string, handler: Handler): unknown;
  set(name: string, value: unknown): unknown;
}

export type Handler = (request: ExpressRequest, response: ServerResponse, next: Next) => void;

/** @param error absent: on to what comes next */
export type Next = (error?: unknown) => void;

export interface ExpressRequest extends IncomingMessage {
  id: string;
  body?: unknown;
  readonly originalUrl: string;
  readonly path: string;
  readonly baseUrl: string;
  readonly ip: string | undefined;
  /** Whether it has come by https://, as a trusted proxy says. */
  readonly secure: boolean;
  readonly query: unknown;
  /** Once one has been found. */
  readonly route?: ExpressRoute;
  methodsOfPath?: () => readonly string[];
}

/** Of the router: a route, or a handler of every request. */
export interface Layer {
  readonly route?: ExpressRoute;
  match(path: string): boolean;
}

export interface ExpressRoute {
  readonly path: string;
  readonly methods: Readonly<Record<string, boolean>>;
}
