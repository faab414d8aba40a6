import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal';
import { z } from 'zod';
import { inWords, listed, type ListedDeprecation } from '@holdfast/core/deprecation';
import type { ReasonCode } from '@holdfast/core/reasons';
import { accessOf } from '../auth/access.js';
import { ReasonError } from '../reasons.js';
import type { Release } from '@holdfast/core/release';
import {
  type ApiTag,
  OPERATION,
  type OperationDescription,
  type RequestHeader,
  type Returned,
  STORE_ROUTES,
} from './operation.js';
import { Components, type Json } from './openapi-components.js';
import { PLAIN_PATHS } from './plain-route.js';
import { problemOf } from './problem.js';

/** A controller as Nest's discovery gives it. */
export interface DiscoveredController {
  readonly metatype: unknown;
}

type ControllerClass = abstract new (...args: never[]) => object;

/** One handler, under each of its paths. */
interface Route {
  readonly paths: readonly string[];
  /** Those that it had before; they answer, too. */
  readonly formerPaths: readonly string[];
  readonly method: string;
  readonly description: OperationDescription;
  readonly tag: ApiTag;
  /** Whether it reads or writes a store. */
  readonly isStore: boolean;
  /** Of the token that may be asked for; undefined where none is. */
  readonly scope: string | undefined;
  readonly schemas: ReadonlyMap<RouteParamtypes, z.ZodType>;
}

const ProblemBody = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().meta({ description: 'A reason code of the catalogue.' }),
    correlation_id: z.string(),
    trace_id: z
      .string()
      .regex(/^[\da-f]{32}$/)
      .meta({ description: 'Of the trace that the request belongs to, where somebody traces it.' })
      .optional(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

const BODY_ERRORS: readonly ReasonCode[] = [
  'BODY_MALFORMED',
  'BODY_TOO_LARGE',
  'BODY_TOO_COMPLEX',
  'MEDIA_TYPE_UNSUPPORTED',
  'JSON_NUMBER_NOT_REPRESENTABLE',
  'JSON_LONE_SURROGATE',
  'JSON_NUL_CHARACTER',
  'JSON_DUPLICATE_KEY',
  'JSON_PROTOTYPE_KEY',
  'JSON_TOO_DEEP',
];
const CALLER_ERRORS: readonly ReasonCode[] = [
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'SCOPE_MISSING',
  'JWT_KEYS_UNAVAILABLE',
  'RATE_LIMITED',
  'CALLER_BUSY',
];
const STORE_ERRORS: readonly ReasonCode[] = [
  'DATABASE_UNAVAILABLE',
  'POOL_TIMEOUT',
  'QUEUE_TIMEOUT',
  'POSTGRES_UNREACHABLE',
  'POSTGRES_CONNECTION_ENDED',
  'POSTGRES_LOCK_TIMEOUT',
  'POSTGRES_STATEMENT_CANCELLED',
  'POSTGRES_RIGHTS_MISSING',
  'POSTGRES_READ_ONLY',
  'POSTGRES_DISK_FULL',
  'POSTGRES_TOO_MANY_CONNECTIONS',
  'POSTGRES_OUT_OF_RESOURCES',
  'POSTGRES_REFUSED',
  'SCHEMA_INCOMPATIBLE',
  'SQLITE_LOCK_TIMEOUT',
  'SQLITE_UNAVAILABLE',
  'SQLITE_READ_ONLY',
  'SQLITE_FILE_REPLACED',
  'SQLITE_SOURCE_RETIRED',
  'RECORD_CONTENDED',
];

/** Of routes that are no store's. */
const SERVICE_TAG: ApiTag = {
  name: 'service',
  description: 'Probes, what runs here, and this document.',
};

/** The OpenAPI 3.1 document of the controllers, from the schemas that also validate. */
export function openApiDocument(
  controllers: readonly DiscoveredController[],
  release: Pick<Release, 'name' | 'version' | 'license' | 'author'>,
): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  const routes = controllers.flatMap(({ metatype }) => routesOf(metatype as ControllerClass));
  for (const route of routes) {
    for (const path of route.paths) {
      (paths[path] ??= {})[route.method] = operationOf(route, path, components);
    }
  }
  return {
    openapi: '3.1.0',
    info: informationOf(release),
    servers: [{ url: '/', description: 'The process that serves this document.' }],
    tags: tagsOf(routes),
    paths,
    components: {
      schemas: components.schemas,
      ...(routes.some(({ scope }) => scope !== undefined) && {
        securitySchemes: { [BEARER_SCHEME]: BEARER_TOKEN },
      }),
    },
  };
}

/** Routes that go away, as `GET /orders`. */
export function deprecatedRoutes(
  controllers: readonly DiscoveredController[],
): readonly ListedDeprecation[] {
  return controllers
    .flatMap(({ metatype }) => routesOf(metatype as ControllerClass))
    .flatMap(({ method, paths, description: { deprecated } }) =>
      deprecated ? paths.map((path) => listed(`${method.toUpperCase()} ${path}`, deprecated)) : [],
    );
}

function informationOf({
  name,
  version,
  license,
  author = `The operators of ${name}`,
}: Pick<Release, 'name' | 'version' | 'license' | 'author'>): Json {
  return {
    title: titleOf(name),
    version,
    description: 'Errors are problem documents (RFC 9457) with a reason code.',
    contact: { name: author },
    ...(license !== undefined && { license: { name: license, identifier: license } }),
  };
}

/** Each once, in the order of the routes. */
function tagsOf(routes: readonly Route[]): readonly ApiTag[] {
  return [...new Map(routes.map(({ tag }) => [tag.name, tag])).values()];
}

/** `orders-service` is `Orders-service`. */
function titleOf(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function routesOf(controller: ControllerClass): Route[] {
  const prefix = Reflect.getMetadata(PATH_METADATA, controller) as string;
  const storeTag = Reflect.getMetadata(STORE_ROUTES, controller) as ApiTag | undefined;
  const prototype = controller.prototype as Readonly<Record<string, object>>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (name === 'constructor' || typeof handler !== 'function') return [];
    const description = Reflect.getMetadata(OPERATION, handler) as OperationDescription | undefined;
    const path = (Reflect.getMetadata(PATH_METADATA, handler) ??
      Reflect.getMetadata(PLAIN_PATHS, handler)) as string | string[] | undefined;
    if (!description || path === undefined) return [];
    const method = (Reflect.getMetadata(METHOD_METADATA, handler) ??
      RequestMethod.GET) as RequestMethod;
    const { formerPaths = [], tag = storeTag ?? SERVICE_TAG } = description;
    const paths = [path].flat().filter((each) => !formerPaths.includes(each));
    return [
      {
        paths: paths.map((each) => pathOf(prefix, each)),
        formerPaths: formerPaths.map((each) => pathOf(prefix, each)),
        method: RequestMethod[method].toLowerCase(),
        description,
        tag,
        isStore: storeTag !== undefined,
        scope: scopeOf(handler),
        schemas: schemasOf(controller, name),
      },
    ];
  });
}

function scopeOf(handler: object): string | undefined {
  const access = accessOf(handler);
  return access && 'scope' in access ? access.scope : undefined;
}

function pathOf(prefix: string, path: string): string {
  const whole = [prefix, path].flatMap((part) => part.split('/')).filter((part) => part !== '');
  return `/${whole.join('/')}`.replaceAll(/:(\w+)/g, '{$1}');
}

/** The schemas of the handler's parameters: Nest keys them `<type>:<index>`. */
function schemasOf(controller: ControllerClass, name: string): Route['schemas'] {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Readonly<
    Record<string, { readonly schema?: z.ZodType }>
  >;
  return new Map(
    Object.entries(parameters).flatMap(([key, { schema }]) => {
      const type = parameterType(key);
      return schema && type !== undefined ? [[type, schema] as const] : [];
    }),
  );
}

function parameterType(key: string): RouteParamtypes | undefined {
  const types = [RouteParamtypes.BODY, RouteParamtypes.QUERY, RouteParamtypes.PARAM];
  return types.find((type) => key.startsWith(`${type}:`));
}

function operationOf(route: Route, path: string, components: Components): Json {
  const { description, schemas, isStore, formerPaths } = route;
  const body = schemas.get(RouteParamtypes.BODY);
  const errors: readonly ReasonCode[] = [
    ...(route.scope === undefined ? [] : CALLER_ERRORS),
    ...(description.errors ?? []),
    ...(schemas.size > 0 ? (['VALIDATION_FAILED'] as const) : []),
    ...(route.method === 'get' || description.multipart ? [] : BODY_ERRORS),
    ...(isStore ? STORE_ERRORS : []),
    'REQUEST_MALFORMED',
    'EXPECTATION_FAILED',
    'TARGET_TOO_LONG',
    'HEADERS_TOO_LARGE',
    'INTERNAL_ERROR',
  ];
  return {
    operationId: `${route.method}_${path.replaceAll(/\W+/g, '_').replaceAll(/^_|_$/g, '')}`,
    tags: [route.tag.name],
    summary: description.summary,
    ...describedBy(description),
    ...(formerPaths.length > 0 && { 'x-former-paths': formerPaths }),
    ...securityOf(route),
    parameters: [
      ...parametersOf(schemas.get(RouteParamtypes.PARAM), 'path', components),
      ...parametersOf(schemas.get(RouteParamtypes.QUERY) ?? description.query, 'query', components),
      ...(description.headers ?? []).map(headerOf),
      ...(isStore && route.method === 'get' ? [headerOf(CONSISTENCY_TOKEN)] : []),
      headerOf(CORRELATION_ID),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: components.refer(body, 'input'),
            example: description.example,
          },
        },
      },
    }),
    ...(description.multipart && {
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: components.refer(description.multipart, 'input'),
            ...(description.example !== undefined && { example: description.example }),
          },
        },
      },
    }),
    responses: { ...problemsOf(errors, path, components), ...returnsOf(description, components) },
  };
}

function describedBy({ description, deprecated }: OperationDescription): Json {
  if (!deprecated) return description === undefined ? {} : { description };
  const text = `It is ${inWords(deprecated)}.`;
  return {
    description: description === undefined ? text : `${description} ${text}`,
    deprecated: true,
  };
}

/** OpenAPI names scopes for OAuth2 alone: of a bearer token, an extension says which it has to have. */
function securityOf({ scope }: Route): Json {
  if (scope === undefined) return { security: [] };
  return { security: [{ [BEARER_SCHEME]: [] }], 'x-required-scope': scope };
}

/** The scheme's name in the document. */
const BEARER_SCHEME = 'bearerAuth';

const BEARER_TOKEN = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'A signed token of a caller, where the service asks for one. Its `scope` claim has to name what `x-required-scope` of the route says.',
} as const;

const CORRELATION_ID: RequestHeader = {
  name: 'X-Correlation-Id',
  description: 'Names the request in answers and logs; made when it is not given.',
  required: false,
  example: 'b6a1f1d0-3f43-4b92-9f4e-2a8b7f2d9c11',
};

const CONSISTENCY_TOKEN: RequestHeader = {
  name: 'X-Consistency-Token',
  description:
    'From the answer to a write, where there are read replicas: the read has what was written, whichever process serves it.',
  required: false,
  example: '1.mvp5xq2k',
};

function headerOf({ name, ...header }: RequestHeader): Json {
  return { in: 'header', name, schema: { type: 'string' }, ...header };
}

function parametersOf(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  components: Components,
): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = components.inline(schema);
  return Object.entries(properties).map(([name, property]) => ({
    in: place,
    name,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function returnsOf(description: OperationDescription, components: Components): Json {
  return Object.fromEntries(
    Object.entries(description.returns).map(([status, returned]) => [
      status,
      {
        description: returned.description,
        headers: responseHeaders(returned, description),
        ...(returned.schema && {
          content: {
            [returned.mediaType ?? 'application/json']: {
              schema: components.refer(builtOf(returned.schema), 'output'),
              example: returned.example,
            },
          },
        }),
      },
    ]),
  );
}

function builtOf(schema: NonNullable<Returned['schema']>): z.ZodType {
  return typeof schema === 'function' ? schema() : schema;
}

function responseHeaders({ headers = {} }: Returned, { deprecated }: OperationDescription): Json {
  const all = {
    ...headers,
    ...(deprecated && { Deprecation: 'The moment from which the route is deprecated (RFC 9745).' }),
    ...(deprecated?.sunsetDay !== undefined && {
      Sunset: 'The moment from which the route may be gone (RFC 8594).',
    }),
    'X-Correlation-Id': 'The id of the request.',
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

/** One response a status, with an example for each code that has it. */
function problemsOf(codes: readonly ReasonCode[], path: string, components: Components): Json {
  const all = codes.map(exampleOf(path));
  const responses = [...new Set(all.map(({ status }) => status))].map((status) => ({
    status,
    examples: all.filter((problem) => problem.status === status),
  }));
  return Object.fromEntries(
    responses.map(({ status, examples }) => [
      status,
      {
        description: examples.map(({ code }) => code).join(', '),
        content: {
          'application/problem+json': {
            schema: components.refer(ProblemBody, 'output'),
            examples: Object.fromEntries(examples.map((value) => [value.code, { value }])),
          },
        },
      },
    ]),
  );
}

function exampleOf(path: string) {
  return (code: ReasonCode) => {
    const errors = [{ path: 'name', message: 'Invalid input: expected string' }];
    const reason = new ReasonError(code, code === 'VALIDATION_FAILED' ? { errors } : {});
    return problemOf(reason, path, CORRELATION_ID.example);
  };
}
