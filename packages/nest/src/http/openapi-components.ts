import { z } from 'zod';

export type Json = Readonly<Record<string, unknown>>;

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

/** JSON Schemas by the `id` of their zod schemas, each once. */
export class Components {
  readonly schemas: Record<string, unknown> = {};

  refer(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $defs = {}, $schema: _, ...rest } = this.#convert(schema, io);
    Object.assign(this.schemas, $defs);
    return rest;
  }

  inline(schema: z.ZodType): ObjectSchema {
    return this.#convert(schema, 'input') as ObjectSchema;
  }

  #convert(schema: z.ZodType, io: 'input' | 'output') {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
    return JSON.parse(text.replaceAll('#/$defs/', '#/components/schemas/')) as Json & {
      readonly $defs?: Json;
    };
  }
}
