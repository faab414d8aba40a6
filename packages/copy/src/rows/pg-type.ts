/** A type of PostgreSQL in its parts. */
export interface PgType {
  /** Without what stands in parentheses: `timestamp with time zone`, `numeric`. */
  readonly name: string;
  /** What stands there. */
  readonly modifiers: readonly number[];
}

const PATTERN = /^(.*?)\((-?\d+(?:,-?\d+)*)\)(.*)$/;

/** @param type as `format_type` writes it, for example `timestamp(3) with time zone` */
export function pgType(type: string): PgType {
  const [, before, inner, after = ''] = PATTERN.exec(type) ?? [];
  if (before === undefined || inner === undefined) return { name: type, modifiers: [] };
  return { name: `${before}${after}`, modifiers: inner.split(',').map(Number) };
}
