import { createHash } from 'node:crypto';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Dsn } from '@holdfast/guard/dsn';
import { errorFields } from '../faults/faults.js';
import {
  identityDifferences,
  LIVE_IDENTITY,
  type LiveIdentity,
  type PinnedIdentity,
} from './identity.js';

/** The server answers, but the database is not the one that the start has verified. */
export class WrongDatabase extends Error {
  override readonly name = 'WrongDatabase';
}

/** What a database says of itself, as far as it may be read. */
interface ReadIdentity extends LiveIdentity {
  readonly pinned?: PinnedIdentity | null;
}

/** Asks for one row, of the last of several statements. Fails with `pg`'s own error. */
export type IdentityQuery = (question: string) => Promise<ReadIdentity | undefined>;

/** The row that was pinned, unless a lock keeps others out of its table: no login waits for that. */
const withPinned = (columns: string): string => `
LOCK TABLE holdfast_identity IN ACCESS SHARE MODE NOWAIT;
SELECT ${columns}, (SELECT row_to_json(i) FROM holdfast_identity i) AS pinned`;
/** Where nobody may know the cluster. */
const DATABASE_ALONE = `'' AS cluster,
  (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`;
/** UNDEFINED_TABLE, INSUFFICIENT_PRIVILEGE and LOCK_NOT_AVAILABLE: there is less to be read. */
const LESS_TO_READ = ['42P01', '42501', '55P03'];

/** The first of the questions that may be asked. @throws `pg`'s own error */
async function firstAnswer(
  ask: IdentityQuery,
  questions: readonly string[],
): Promise<ReadIdentity | undefined> {
  for (const question of questions) {
    try {
      return await ask(question);
    } catch (error) {
      if (!LESS_TO_READ.includes(errorFields(error).code)) throw error;
    }
  }
  return undefined;
}

/** The identity as far as it may be read: without the right to, `cluster` is empty. */
export function readLiveIdentity(ask: IdentityQuery): Promise<LiveIdentity | undefined> {
  return firstAnswer(ask, [`SELECT ${LIVE_IDENTITY}`, `SELECT ${DATABASE_ALONE}`]);
}

/**
 * What the verification at the start has found a database to be. Every later login has to find it again:
 * a name, a balancer or a pooler may lead somewhere else meanwhile.
 */
export class VerifiedIdentity {
  /** Columns for `assertSame`, of a question that asks for more. */
  readonly columns: string;
  #wrongDatabaseAt = -Infinity;

  /** @param environment of this process */
  constructor(
    readonly live: LiveIdentity,
    private readonly environment: string | null,
  ) {
    this.columns = live.cluster === '' ? DATABASE_ALONE : LIVE_IDENTITY;
  }

  /** Asks and judges, in one round trip where the row that was pinned may be read. @throws WrongDatabase */
  async verify(ask: IdentityQuery): Promise<void> {
    const { columns } = this;
    const told = await firstAnswer(ask, [
      withPinned(columns),
      `SELECT ${columns}`,
      `SELECT ${DATABASE_ALONE}`,
    ]);
    if (told) this.assertSame(told);
  }

  /** @throws WrongDatabase */
  assertSame({ pinned, ...live }: ReadIdentity): void {
    const isKnown = live.cluster !== '' && this.live.cluster !== '';
    const isOtherCluster = isKnown && live.cluster !== this.live.cluster;
    if (isOtherCluster || live.database !== this.live.database)
      this.#refuse('another database answers than at the start');
    if (pinned && identityDifferences(this.live, pinned, this.environment).length > 0)
      this.#refuse('what is pinned in the database is not what was at the start');
  }

  /**
   * `performance.now()` of when another one was found last: whatever had logged in before may lead there
   * by now, through a pooler.
   */
  get wrongDatabaseAt(): number {
    return this.#wrongDatabaseAt;
  }

  #refuse(why: string): never {
    this.#wrongDatabaseAt = performance.now();
    throw new WrongDatabase(why);
  }

  /** Tells databases apart and says nothing else: 16 hexadecimal digits. */
  get fingerprint(): string {
    return fingerprintOf(this.live);
  }
}

export function fingerprintOf({ cluster, database }: LiveIdentity): string {
  return createHash('sha256').update(`holdfast ${cluster} ${database}`).digest('hex').slice(0, 16);
}

/** By connection string: all that connects by the same one has to find the same database. */
const verifiedByDsn = new WeakMap<Dsn, VerifiedIdentity>();

/** A physical standby is the same database: what its pool logs in to is compared as well. */
export function rememberVerifiedIdentity(
  database: PostgresSettings,
  identity: VerifiedIdentity,
): void {
  for (const { dsn } of [database, ...(database.replicas ?? [])]) verifiedByDsn.set(dsn, identity);
}

/** Undefined until it is verified, and outside PRODUCTION. */
export function verifiedIdentityOf({ dsn }: PostgresSettings): VerifiedIdentity | undefined {
  return verifiedByDsn.get(dsn);
}
