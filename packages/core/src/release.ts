/** What runs: told by `GET /version`, and written into the migration ledger. */
export interface Release {
  readonly name: string;
  readonly version: string;
  /** Commit the build was made from; null when that is not known. */
  readonly commit: string | null;
  readonly node: string;
}

/** Injection token of the `Release`. */
export const RELEASE = 'holdfast.release';
