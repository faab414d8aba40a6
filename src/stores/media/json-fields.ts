import type { JsonValue } from '@holdfast/core/json';

/** A JSON object whose fields a schema judges. */
export type JsonFields = Readonly<Record<string, JsonValue>>;
