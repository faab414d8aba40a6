import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** A JSON Schema, as far as requests are made from it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly example?: string;
}

interface Content {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface Response {
  readonly content?: Readonly<Record<string, Content>>;
}

/** One method of one path. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Content;
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface RawOperation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response>>;
}

/** What `/docs-json` promises, and a judge of the answers that the service gives. */
export class Description {
  readonly operations: readonly Operation[];
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #validator = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<Schema, ValidateFunction>();

  private constructor({ paths, components }: Document) {
    this.#schemas = components.schemas;
    this.#validator.addSchema({ $id: 'document', components });
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters, requestBody, responses }]) => {
        const body = requestBody?.content['application/json'];
        return { method, path, parameters, responses, ...(body && { body }) };
      }),
    );
  }

  static async of(service: string): Promise<Description> {
    const response = await fetch(`${service}/docs-json`);
    return new Description((await response.json()) as Document);
  }

  /** Follows a reference. */
  resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    const found = this.#schemas[schema.$ref.split('/').at(-1) ?? ''];
    if (!found) throw new Error(`${schema.$ref} leads nowhere`);
    return found;
  }

  /** Why the answer is none of those that the operation promises; null when it is one. */
  fault({ responses }: Operation, { status, mediaType, text }: Answer): string | null {
    if (status >= 500) return `${status}`;
    const promised = responses[status];
    if (!promised) return `status ${status} is not described`;
    if (!promised.content) return text === '' ? null : 'a body where none is described';
    const content = promised.content[mediaType];
    if (!content) return `${mediaType} is not described for ${status}`;
    if (!mediaType.endsWith('json')) return null;
    const body: unknown = JSON.parse(text);
    const validate = this.#validate(content.schema);
    if (!validate(body)) return this.#validator.errorsText(validate.errors);
    if (mediaType !== 'application/problem+json') return null;
    const { code } = body as { code: string };
    return content.examples && code in content.examples ? null : `${code} is not described`;
  }

  #validate(schema: Schema): ValidateFunction {
    const known = this.#validators.get(schema);
    if (known) return known;
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
    const validate = this.#validator.compile(JSON.parse(text) as object);
    this.#validators.set(schema, validate);
    return validate;
  }
}
