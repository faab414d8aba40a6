import type { ConnectionOptions } from 'node:tls';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Dsn, DsnHost } from '@holdfast/guard/dsn';
import { postgresFault } from '../faults/faults.js';
import { tlsOptions } from './tls-options.js';
import '../reasons.js';

/** A host that has failed is tried after the others for so long: it may cost a whole time-out. */
const AVOID_MS = 5000;
/** What another host may do better; a wrong password or database would be wrong there too. */
const RETRY_ON_OTHER_HOST = [
  'POSTGRES_UNREACHABLE',
  'POSTGRES_CONNECTION_ENDED',
  'POSTGRES_READ_ONLY',
];

/** What a session says of its server, as far as it has said so. */
export interface ServerRole {
  readonly standby: boolean | undefined;
  readonly readOnly: boolean | undefined;
}

/** The server answers, but is not the one that is looked for. */
export class WrongServerRole extends Error {
  override readonly name = 'WrongServerRole';
  /** SQLSTATE read_only_sql_transaction. */
  readonly code = '25006';

  constructor() {
    super('the server is a standby, or read-only');
  }
}

/** When each host has failed last; shared by all that connects by the same connection string. */
const failures = new WeakMap<Dsn, Map<DsnHost, number>>();

/** The hosts of a connection string, in the order in which they are tried. */
export class HostSelector {
  readonly #failedAt: Map<DsnHost, number>;
  /** Those that have failed since one was good. */
  readonly #tried = new Set<DsnHost>();

  constructor(private readonly database: PostgresSettings) {
    const { dsn } = database;
    this.#failedAt = failures.get(dsn) ?? new Map<DsnHost, number>();
    failures.set(dsn, this.#failedAt);
  }

  /** How many hosts there are: each has its part of the time to connect. */
  get size(): number {
    return this.database.dsn.hosts.length;
  }

  /** Whether it matters what a server says of itself. */
  get checksRole(): boolean {
    return this.database.targetSessionAttrs !== 'any';
  }

  /** The hosts as they are named, those that have just failed last. */
  ordered(): readonly DsnHost[] {
    const now = performance.now();
    const hasFailed = (host: DsnHost) => {
      const failedAt = this.#failedAt.get(host);
      return failedAt !== undefined && now - failedAt < AVOID_MS ? 1 : 0;
    };
    return [...this.database.dsn.hosts].sort((one, other) => hasFailed(one) - hasFailed(other));
  }

  /** The host for the next login. */
  next(): DsnHost {
    const order = this.ordered();
    return order.find((host) => !this.#tried.has(host)) ?? order[0] ?? this.database.dsn.hosts[0];
  }

  /** @returns whether another host is worth a try at once */
  failed(host: DsnHost, error: unknown): boolean {
    if (!RETRY_ON_OTHER_HOST.includes(postgresFault(error).code)) return false;
    this.#failedAt.set(host, performance.now());
    this.#tried.add(host);
    if (this.database.dsn.hosts.some((each) => !this.#tried.has(each))) return true;
    this.#tried.clear();
    return false;
  }

  succeeded(host: DsnHost): void {
    this.#failedAt.delete(host);
    this.#tried.clear();
  }

  /** @throws WrongServerRole */
  assertRole({ standby, readOnly }: ServerRole): void {
    const { targetSessionAttrs } = this.database;
    const isOther =
      (this.checksRole && standby === true) ||
      (targetSessionAttrs === 'read-write' && readOnly === true);
    if (isOther) throw new WrongServerRole();
  }

  tlsFor(host: DsnHost): false | ConnectionOptions {
    return tlsOptions(this.database, host);
  }
}

/** Undefined where there is nothing to choose. */
export function hostSelectorOf(database: PostgresSettings): HostSelector | undefined {
  const { dsn, targetSessionAttrs } = database;
  return dsn.hosts.length > 1 || targetSessionAttrs !== 'any'
    ? new HostSelector(database)
    : undefined;
}
