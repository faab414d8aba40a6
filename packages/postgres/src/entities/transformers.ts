import type { EntitySchemaColumnOptions, ValueTransformer } from 'typeorm';

/** `null` as a value of JSON: TypeORM would store the null of SQL. */
const JSON_NULL = { toJSON: () => null };

/** For a `json` column of PostgreSQL, which TypeORM writes and the driver reads. */
export const JSON_VALUE: ValueTransformer = {
  to: (value: unknown) => (value === null ? JSON_NULL : value),
  from: (value: unknown) => value,
};

/** For JSON in a column of texts; the null of SQL is read as that of JSON, as PostgreSQL's driver does. */
export const JSON_TEXT: ValueTransformer = {
  to: (value: unknown) => (value === undefined ? null : JSON.stringify(value)),
  from: passingNull(JSON.parse),
};

/** The same of a value; null, and what is absent, as it is. */
export function passingNull<Value, Result>(
  change: (value: Value) => Result,
): (value: Value | null | undefined) => Result | Value | null | undefined {
  return (value) => (value === null || value === undefined ? value : change(value));
}

/** The null of SQL is read as nothing at all. */
export function absentForNull(
  transformer: EntitySchemaColumnOptions['transformer'] = [],
): ValueTransformer[] {
  const absent = { to: (value: unknown) => value, from: (value: unknown) => value ?? undefined };
  return [transformer].flat().concat(absent);
}
