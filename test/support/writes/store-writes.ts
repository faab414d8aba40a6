/** Sends a POST with a key of its own. @returns the body of the answer */
export type Prepare = (path: string, body: object) => Promise<Readonly<Record<string, unknown>>>;

/** A POST that writes, and that can be carried out once on what was prepared for it. */
export interface KeyedWrite {
  readonly path: string;
  readonly body?: object;
  /** Another request to the same route. */
  readonly other: object;
  /** It is refused without a key. */
  readonly needsKey?: true;
  readonly status: number;
}

/** A request as it is sent. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** Of `Idempotency-Key`. */
  readonly key?: string;
  readonly ifMatch?: string;
}

/** A request that is ready to be sent, on what was made for it. */
export interface Ready extends Sent {
  readonly name: string;
}

/** The requests that write to a store: at least one to each of its tables. */
export interface StoreWrites {
  /** Every route that writes by POST. */
  readonly posts: Readonly<Record<string, (prepare: Prepare) => KeyedWrite | Promise<KeyedWrite>>>;
  /** Of other kinds, each on what was made for it. */
  readonly others?: (send: (request: Sent) => Promise<unknown>) => Promise<readonly Ready[]>;
  /** Tables from which requests delete rows. */
  readonly deletesFrom?: readonly string[];
  /** Tables into which the start of a process inserts, and no request. */
  readonly insertedAtStart?: readonly string[];
  /** Tables into which requests insert only as long as rows are missing there. */
  readonly insertedOnce?: readonly string[];
  /** Tables that no request writes to. */
  readonly notByRequests?: readonly string[];
}
