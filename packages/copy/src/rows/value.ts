/** A value of SQLite: NULL, INTEGER, REAL, TEXT, BLOB. */
export type Value = null | bigint | number | string | Buffer;

export type StorageClass = 'null' | 'integer' | 'real' | 'text' | 'blob';

export function storageClassOf(value: Value): StorageClass {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'bigint':
      return 'integer';
    case 'number':
      return 'real';
    case 'string':
      return 'text';
    default:
      return 'blob';
  }
}

/** A value that the target's type cannot hold exactly. */
export class Reject {
  /** @param reason completes "… cannot be held, because it" without the value */
  constructor(readonly reason: string) {}
}

/** What is sent to PostgreSQL for a value that is not NULL: text, or bytes of a `bytea`. */
export type Converted = string | Buffer | Reject;

export type Converter = (value: Exclude<Value, null>) => Converted;
