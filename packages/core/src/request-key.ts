/** What names a request, so that it can be sent again. */
export interface RequestKey {
  readonly key: string;
  /** SHA-256 of the canonical request, in hexadecimal. */
  readonly requestHash: string;
}

/** How a request is answered: from what it wrote, or as it was the first time. */
export type Answered<Result> =
  | { readonly replayed: false; readonly body: object; readonly result: Result }
  | { readonly replayed: true; readonly body: object };
