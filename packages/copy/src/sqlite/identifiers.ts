/** A name for SQLite, and for PostgreSQL too. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text for SQLite, and for PostgreSQL with `standard_conforming_strings`. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
