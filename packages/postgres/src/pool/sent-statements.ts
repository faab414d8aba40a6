/** Told each text that is sent on a pooled connection. */
export type StatementListener = (text: string) => void;

let listener: StatementListener | undefined;

/** For test suites, which record what a build sends: one listener a process. @param next undefined for none */
export function listenToStatements(next: StatementListener | undefined): void {
  listener = next;
}

/** @param statement what `pg`'s `query()` takes */
export function tellStatement(statement: unknown): void {
  if (!listener) return;
  const text = typeof statement === 'string' ? statement : textOf(statement);
  if (typeof text === 'string') listener(text);
}

function textOf(statement: unknown): unknown {
  return (statement as { readonly text?: unknown } | null | undefined)?.text;
}
