import { type Cluster, startCluster } from './cluster.js';

/** A server that others may use as well. */
export interface BorrowedServer {
  /** Of a role that may create databases. */
  readonly url: string;
  /** To be called once. */
  release(): Promise<void>;
}

let starting: Promise<Cluster> | undefined;
let borrowers = 0;

/** The embedded server of this process: started for the first who borrows it, removed after the last. */
export async function borrowServer(): Promise<BorrowedServer> {
  borrowers += 1;
  starting ??= startCluster();
  const cluster = await starting.catch((error: unknown) => {
    borrowers -= 1;
    starting = undefined;
    throw error;
  });
  return {
    url: cluster.url,
    release: async () => {
      borrowers -= 1;
      if (borrowers > 0) return;
      starting = undefined;
      await cluster.remove();
    },
  };
}
