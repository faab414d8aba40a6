import { applyDecorators, Header, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import { type Deprecation, deprecationHeaders } from '@holdfast/core/deprecation';
import type { ReasonCode } from '@holdfast/core/reasons';

export const OPERATION = 'holdfast:operation';

/** What the OpenAPI document says of a route beyond its path and its parameters' schemas. */
export interface OperationDescription {
  readonly summary: string;
  readonly description?: string;
  /** Of another tag than its controller's. */
  readonly tag?: ApiTag;
  /** Bodies by status. */
  readonly returns: Readonly<Record<number, Returned>>;
  /** Codes this route can answer, beyond those that every route can. */
  readonly errors?: readonly ReasonCode[];
  /** What a plain route reads of its query; of others it is the schema of the parameter. */
  readonly query?: z.ZodType;
  /** Request headers that the route reads. */
  readonly headers?: readonly RequestHeader[];
  /** A body that the route accepts. */
  readonly example?: unknown;
  /** The form that a route of `acceptMultipart` reads by itself, in place of a JSON body. */
  readonly multipart?: z.ZodType;
  /** Of the route's paths those that it had before: they answer, and are described under the others. */
  readonly formerPaths?: readonly string[];
  /** Set where the route goes away: it is described as such, and its answers say when (RFC 9745, RFC 8594). */
  readonly deprecated?: Deprecation;
}

/** What routes are grouped by. */
export interface ApiTag {
  readonly name: string;
  readonly description: string;
}

export interface Returned {
  readonly description: string;
  /** Absent where the answer has no body; a function is asked for it when the document is made (`lazySchema`). */
  readonly schema?: z.ZodType | (() => z.ZodType);
  /** `application/json` unless said otherwise. */
  readonly mediaType?: string;
  readonly example?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RequestHeader {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly example: string;
}

/** Key of the metadata of a controller that `StoreRoutes` marks. */
export const STORE_ROUTES = 'holdfast:store-routes';

/**
 * Marks a controller whose routes read and write a store: they have a tag of their own, can answer what
 * databases answer, and their reads take a consistency token.
 * @param tag groups them in the API's description
 */
export const StoreRoutes = (tag: string | ApiTag) =>
  SetMetadata(STORE_ROUTES, typeof tag === 'string' ? tagNamed(tag) : tag);

function tagNamed(name: string): ApiTag {
  return { name, description: `Reads and writes ${name}.` };
}

/**
 * Describes a route where it is declared; read by `openapi.ts` when the document is requested. One that is deprecated
 * says so in the headers of its answers, errors of its handler among them.
 */
export const Operation = (description: OperationDescription): MethodDecorator =>
  applyDecorators(
    SetMetadata(OPERATION, description),
    ...Object.entries(description.deprecated ? deprecationHeaders(description.deprecated) : {}).map(
      ([name, value]) => Header(name, value),
    ),
  );
