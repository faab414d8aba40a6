/**
 * What is built when it is first asked for, and once. Schemas of answers are for the API's description alone: building
 * them with the controllers is a part of every start.
 */
export function lazySchema<Schema>(build: () => Schema): () => Schema {
  let built: { readonly schema: Schema } | undefined;
  return () => (built ??= { schema: build() }).schema;
}
