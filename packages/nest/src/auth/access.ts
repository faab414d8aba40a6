import { PATH_METADATA } from '@nestjs/common/constants.js';
import { PLAIN_PATHS } from '../http/plain-route.js';

/** Who may ask for a route. */
export type Access =
  /** Everybody, and a probe on the port of operations as well. */
  (
    | { readonly kind: 'public' | 'probe' }
    /** Callers whose token has the scope; of `operations` only where OPS_ACCESS says so. */
    | { readonly kind: 'scope' | 'operations'; readonly scope: string }
  ) & {
    /** Whether it takes a form of a page, which brings its CSRF token in a field. */
    readonly isForm?: true;
    /** Whether a browser that brings no good token is led to the log-in, and back. */
    readonly isPage?: true;
  };

/** Key of the metadata of a handler. */
const ACCESS = 'holdfast:access';
/** By which Nest hands a route's own settings on to Fastify. */
const FASTIFY_CONFIG = '__fastify_route_config__';

/**
 * Whoever asks for it has to have the scope; of a controller, for all of its routes that say nothing else.
 * @param isForm whether it takes a form of a page, which brings its CSRF token in the field `csrf_token`
 * @param isPage whether it is a page: a browser that brings no good token is led to the log-in, and back
 */
export const RequiresScope = (scope: string, { isForm = false, isPage = false } = {}) =>
  declare({ kind: 'scope', scope, ...(isForm && { isForm }), ...(isPage && { isPage }) });

/** Everybody may ask for it. */
export const Public = () => declare({ kind: 'public' });

/** For load balancers and supervisors: everybody may ask for it, on each port. */
export const Probe = () => declare({ kind: 'probe' });

/** For operators: OPS_ACCESS says who may ask for it. */
export const ForOperators = () => declare({ kind: 'operations', scope: 'ops:read' });

/** Undefined where the route says nothing. */
export function accessOf(handler: object): Access | undefined {
  return Reflect.getOwnMetadata(ACCESS, handler) as Access | undefined;
}

/** What of it Fastify knows of a route. */
export function accessOfConfig(config: object): Access | undefined {
  return (config as { readonly [ACCESS]?: Access })[ACCESS];
}

function declare(access: Access): MethodDecorator & ClassDecorator {
  return (target: object, _?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (descriptor) set(descriptor.value as object, access);
    else for (const handler of routesOf(target as NewableFunction)) setUnset(handler, access);
  };
}

function setUnset(handler: object, access: Access): void {
  if (accessOf(handler) === undefined) set(handler, access);
}

function set(handler: object, access: Access): void {
  Reflect.defineMetadata(ACCESS, access, handler);
  const config = Reflect.getMetadata(FASTIFY_CONFIG, handler) as object | undefined;
  Reflect.defineMetadata(FASTIFY_CONFIG, { ...config, [ACCESS]: access }, handler);
}

/** The methods of a controller that answer requests. */
export function routesOf(controller: NewableFunction): readonly NewableFunction[] {
  const routes: NewableFunction[] = [];
  for (let each: object | null = controller.prototype as object; each;) {
    for (const name of Object.getOwnPropertyNames(each)) {
      const value = Object.getOwnPropertyDescriptor(each, name)?.value as unknown;
      if (name !== 'constructor' && typeof value === 'function' && isRoute(value))
        routes.push(value);
    }
    each = Object.getPrototypeOf(each) as object | null;
  }
  return routes;
}

function isRoute(handler: object): boolean {
  return [PATH_METADATA, PLAIN_PATHS].some((key) => Reflect.hasOwnMetadata(key, handler));
}
