import type { EntitySchemaColumnOptions } from 'typeorm';
import { type Instant, readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import type { JsonValue } from '@holdfast/core/json';
import { absentForNull, JSON_TEXT, JSON_VALUE, passingNull } from './transformers.js';

declare const VALUE: unique symbol;
declare const STORED: unique symbol;

/**
 * A column of an entity: TypeORM's options as PostgreSQL has them, the type of the property, and the type
 * of what the drivers give in a statement's row.
 */
export interface Column<Value, Stored = Value> extends EntitySchemaColumnOptions {
  /** What differs on SQLite. */
  readonly inSqlite?: Partial<Pick<EntitySchemaColumnOptions, 'type' | 'transformer'>>;
  readonly [VALUE]?: Value;
  readonly [STORED]?: Stored;
}

/** A column that holds NULL where the property is absent. */
export interface OptionalColumn<Value, Stored = Value> extends Column<Value, Stored> {
  readonly optional: true;
}

export type ValueOf<C> = C extends Column<infer Value, unknown> ? Value : never;
export type StoredOf<C> = C extends Column<unknown, infer Stored> ? Stored : never;

export function text(): Column<string>;
export function text<Value extends string>(): Column<Value>;
export function text(): Column<string> {
  return { type: 'text' };
}

/** A text that a list is ordered by: by its bytes, whatever the order of the database is. */
export function identifier(): Column<string> {
  return { type: 'text', collation: 'C' };
}

export function integer(): Column<number> {
  return { type: 'integer' };
}

/** A whole number up to 2^53, which the driver of PostgreSQL gives as text. */
export function bigint(): Column<number, number | string> {
  const transformer = { to: passingNull((value: number) => value), from: passingNull(Number) };
  return { type: 'bigint', transformer, inSqlite: { type: 'integer' } };
}

export function boolean(): Column<boolean, boolean | number> {
  const transformer = { to: passingNull(Number), from: passingNull(Boolean) };
  return { type: 'boolean', inSqlite: { type: 'integer', transformer } };
}

/** A point in time; on SQLite a text of a fixed form, with microseconds, that orders as times do. */
export function instant(): Column<Instant, TimeColumn> {
  const transformer = { to: passingNull(storedTime), from: passingNull(readTime) };
  return { type: 'timestamptz', transformer, inSqlite: { type: 'text' } };
}

/** Any JSON value, its null included. A statement reads it as text (`TableColumns.selected`). */
export function json(): Column<JsonValue, string>;
export function json<Value>(): Column<Value, string>;
export function json(): Column<unknown, string> {
  const inSqlite = { type: 'text', transformer: JSON_TEXT } as const;
  return { type: 'json', transformer: JSON_VALUE, inSqlite };
}

export function primary<Value, Stored>(column: Column<Value, Stored>): Column<Value, Stored> {
  return { ...column, primary: true };
}

/** Holds NULL where the property is null. */
export function nullable<Value, Stored>(
  column: Column<Value, Stored>,
): Column<Value | null, Stored | null> {
  return { ...column, nullable: true };
}

/**
 * Holds NULL where the property is absent. On PostgreSQL, a repository of TypeORM cannot tell the null of
 * JSON from that, and says absent; statements can.
 */
export function optional<Value, Stored>(
  column: Column<Value, Stored>,
): OptionalColumn<Value, Stored | null> {
  const { transformer, inSqlite } = column;
  return {
    ...column,
    nullable: true,
    optional: true,
    transformer: absentForNull(transformer),
    inSqlite: { ...inSqlite, transformer: absentForNull(inSqlite?.transformer ?? transformer) },
  };
}

/** Called otherwise than its property. */
export function named<Value, Stored>(
  name: string,
  column: Column<Value, Stored>,
): Column<Value, Stored> {
  return { ...column, name };
}

/** What the database fills in where an INSERT says nothing. */
export function withDefault<Value extends number | string, Stored>(
  value: Value,
  column: Column<Value, Stored>,
): Column<Value, Stored> {
  return { ...column, default: value };
}
