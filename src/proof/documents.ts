export type Document = Record<string, unknown>;

/** The object that a text or a value is; an empty one where it is something else. */
export function documentIn(given: unknown): Document {
  let value = given;
  if (typeof given === 'string') {
    try {
      value = JSON.parse(given);
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Document) : {};
}

/** Every reason code in a document that tells of failures, in its order, down to three levels. */
export function codesIn(value: unknown, depth = 3): readonly string[] {
  if (typeof value !== 'object' || value === null || depth < 0) return [];
  const { code } = value as { readonly code?: unknown };
  const own = typeof code === 'string' ? [code] : [];
  return [...own, ...Object.values(value).flatMap((part) => codesIn(part, depth - 1))];
}

/** A text of a document, or that there is none. */
export function textIn(document: Document, name: string): string {
  const value = document[name];
  return typeof value === 'string' ? value : `no ${name}`;
}
