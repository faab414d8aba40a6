/** Held by at most one process at a time; lost when it is not held again in time. */
export interface Lease {
  /** Takes the lease or keeps it for longer. @returns false when another process has it */
  hold(): Promise<boolean>;
  release(): Promise<void>;
}

/** For records that no other process can reach, or that several may purge at once: each takes its own. */
export const SOLE_LEASE: Lease = {
  hold: () => Promise.resolve(true),
  release: () => Promise.resolve(),
};
