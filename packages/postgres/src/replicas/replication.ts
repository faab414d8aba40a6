import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Log } from '@holdfast/core/log';
import type { ReasonCode } from '@holdfast/core/reasons';
import { verifiedIdentityOf } from '../verification/verified-identity.js';
import { ClientWrites } from './client-writes.js';
import { MonitorConnection } from './monitor-connection.js';
import { PrimaryMonitor } from './primary-monitor.js';
import type { Reader } from './reader.js';
import { Replica, type ReplicaStatus } from './replica.js';
import { clockOfToken, writeToken } from './write-token.js';

/** Injection token of the `Replication`, or null without read replicas. */
export const REPLICATION = 'holdfast.replication';

/** Pause between two questions to each server, in milliseconds; shorter for a small lag. */
const PERIOD_MS = 250;
/** The bound for an answer follows the lag that is allowed, within these. */
const SHORTEST_BOUND_MS = 250;
const LONGEST_BOUND_MS = 1000;

/** A primary with its read replicas: how far each of them is, and which of them a read may use. */
export class Replication {
  readonly replicas: readonly Replica[];
  readonly #primary: PrimaryMonitor;
  readonly #primaryConnection: MonitorConnection;
  readonly #writes: ClientWrites;
  readonly #periodMs: number;
  /** What was logged last of each replica, and since when it cannot be read from. */
  readonly #lastLogged = new Map<
    Replica,
    { readonly code?: ReasonCode; readonly since?: string }
  >();
  #timer: NodeJS.Timeout | undefined;
  #nextReplica = 0;
  #isClosed = false;

  constructor(
    readonly database: PostgresSettings,
    settings: Settings,
    private readonly log: Log,
  ) {
    const { replicaMaxLagMs, pool } = settings;
    this.#periodMs = Math.min(PERIOD_MS, replicaMaxLagMs / 4);
    const boundMs = Math.max(SHORTEST_BOUND_MS, Math.min(LONGEST_BOUND_MS, replicaMaxLagMs));
    this.#primaryConnection = new MonitorConnection(database, pool, boundMs);
    this.#primary = new PrimaryMonitor(this.#primaryConnection, verifiedIdentityOf(database));
    this.#writes = new ClientWrites(replicaMaxLagMs);
    this.replicas = (database.replicas ?? []).map(
      (replica, index) => new Replica(`replica-${index + 1}`, replica, settings, log, boundMs),
    );
  }

  /** Begins to watch; until replicas have shown that they can serve, the primary does. */
  start(): void {
    void this.#round();
  }

  /** @returns the replica with the fewest reads that suits the reader, in turn when several do */
  choose(reader: Reader, now: number): Replica | undefined {
    let chosen: Replica | undefined;
    this.#nextReplica += 1;
    for (const [index] of this.replicas.entries()) {
      const replica = this.replicas[(index + this.#nextReplica) % this.replicas.length];
      if (!replica?.suits(reader, now)) continue;
      if (!chosen || replica.reads < chosen.reads) chosen = replica;
    }
    return chosen;
  }

  /**
   * The client that reads, and what it has to see.
   * @param clients names that are its own
   * @param token as `recordWrite` gave it to it, here or in another process
   */
  reader(clients: readonly string[], token: string | undefined): Reader {
    return {
      writtenAt: this.#writes.latest(clients),
      writtenAtClock: token === undefined ? -Infinity : clockOfToken(token),
    };
  }

  /**
   * Whatever has been committed by now is what these clients have to see.
   * @returns a token that says so to another process
   */
  recordWrite(clients: readonly string[]): string {
    const now = performance.now();
    for (const client of clients) this.#writes.record(client, now);
    return writeToken(this.#primary.clockAt(now));
  }

  /** Without replicas that have not been asked yet. */
  statuses(): readonly { readonly replica: Replica; readonly status: ReplicaStatus }[] {
    const now = performance.now();
    return this.replicas.flatMap((replica) => {
      const told = this.#lastLogged.get(replica);
      if (!told) return [];
      const status = replica.status(this.#primary, now);
      const failingSince = told.since ?? new Date().toISOString();
      return [{ replica, status: status.code ? { ...status, failingSince } : status }];
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#primaryConnection.close();
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  /** The primary first: what its replicas say is compared with what it has just said. */
  async #round(): Promise<void> {
    await this.#primary.sample();
    if (this.#isClosed) return;
    for (const replica of this.replicas) {
      void replica.check(this.#primary).then(() => {
        this.#logChange(replica);
      });
    }
    this.#timer = setTimeout(() => void this.#round(), this.#periodMs).unref();
  }

  /** Logs what has changed. */
  #logChange(replica: Replica): void {
    const { code, lagMs } = replica.status(this.#primary, performance.now());
    const told = this.#lastLogged.get(replica);
    if (this.#isClosed || (told && told.code === code)) return;
    const since = told?.since ?? new Date().toISOString();
    this.#lastLogged.set(replica, code ? { code, since } : {});
    const line = { database: this.database.name, replica: replica.name, code, lag_ms: lagMs };
    if (code) {
      const how = replica.lastFailure === '' ? '' : `: ${replica.lastFailure}`;
      this.log.warn({ event: 'replica.unavailable', ...line }, `reads go to other servers${how}`);
    } else {
      this.log.info({ event: 'replica.available', ...line }, 'reads may go to the replica');
    }
  }
}
