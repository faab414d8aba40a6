import type { DatabaseSettings } from '@holdfast/guard/databases';
import { expiringSoon } from '@holdfast/postgres/connection/certificates';
import type { Durability } from '@holdfast/postgres/verification/durability';
import { type Compatibility, COMPATIBLE } from '@holdfast/postgres/verification/needs';
import type { DatabaseSession, LedgerEntry } from '@holdfast/postgres/sessions/session';
import type { Log } from '@holdfast/core/log';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { reasonFor } from '@holdfast/core/reasons';
import { isOf, needsOf } from '../verification/needs.js';
import {
  type BrokenStatement,
  type Doubt,
  doubtOf,
  findBroken,
} from '../verification/own-statements.js';
import { asOfLedger } from '../verification/newer-schema.js';
import '../reasons.js';

/** What slowly changes, if it does, of a database that answers. */
export interface Condition {
  readonly compatibility: Compatibility;
  readonly durability: Durability;
  /** Statements of this build that the schema does not take, where it is not the one of this build. */
  readonly broken: readonly BrokenStatement[];
  /** Certificates that are to be renewed. */
  readonly ending: readonly string[];
}

/** Rights and tables: seen in time for a load balancer, and not read with every query. */
const COMPATIBILITY_EVERY_MS = 2000;
const DURABILITY_EVERY_MS = 60_000;
/** What is known of a certificate is that of the login; a renewed one is seen by the next. */
const LOGIN_EVERY_MS = 60_000;

/** The verification at the start has just found it so. */
const VERIFIED: Pick<Condition, 'compatibility' | 'durability'> = {
  compatibility: COMPATIBLE,
  durability: { faults: [], warnings: [] },
};

/**
 * What is known of the condition of a database; what is due of it is read in place of a heartbeat,
 * immediately in a new session, so that no query takes more than one round trip.
 */
export class DatabaseCondition {
  #known = VERIFIED;
  #session: DatabaseSession | undefined;
  #compatibilityAt = -Infinity;
  #durabilityAt = -Infinity;
  #loggedInAt = -Infinity;
  #doubt: Doubt = NO_DOUBT;
  /** What `#broken` is true of. */
  #answered = NO_DOUBT.key;
  #asked = NO_DOUBT.key;
  #askedAt = -Infinity;
  #broken: readonly BrokenStatement[] = [];
  #reported = '';
  #reportedEnding = '';
  readonly #needs: ReturnType<typeof needsOf>;

  /** @param stores that the database holds */
  constructor(
    private readonly database: DatabaseSettings,
    private readonly stores: readonly MigratedStore[],
    private readonly log: Log,
  ) {
    this.#needs = needsOf(stores);
  }

  /** As it was when it was last read. @param ledger as it is now */
  of(session: DatabaseSession, ledger: readonly LedgerEntry[]): Condition {
    if (session !== this.#session) {
      this.#session = session;
      this.#compatibilityAt = this.#durabilityAt = -Infinity;
      this.#loggedInAt = performance.now();
    }
    this.#doubt = this.#doubtOf(ledger);
    if (this.#doubt.stores.length === 0) this.#broken = [];
    const condition = {
      compatibility: asOfLedger(this.#known.compatibility, this.stores, ledger, this.#broken),
      durability: this.#known.durability,
      broken: this.#broken,
      ending: expiringSoon(session.certificates(), new Date()),
    };
    this.#logChange(condition);
    return condition;
  }

  /** Reads what is due, in one round trip. @returns whether anything was */
  async refreshDue(session: DatabaseSession): Promise<boolean> {
    const now = performance.now();
    if (this.#isDoubtDue(now)) {
      this.#askedAt = now;
      const { key, stores } = this.#doubt;
      const broken = await findBroken(session, stores);
      if (broken) [this.#broken, this.#answered] = [broken, key];
      return true;
    }
    if (now - this.#compatibilityAt >= COMPATIBILITY_EVERY_MS) {
      this.#compatibilityAt = now;
      this.#known = { ...this.#known, compatibility: await session.compatibility(this.#needs) };
      return true;
    }
    if (now - this.#durabilityAt >= DURABILITY_EVERY_MS) {
      this.#durabilityAt = now;
      this.#known = { ...this.#known, durability: await session.durability(this.#needs) };
      return true;
    }
    return false;
  }

  /** Newer schemas, and those that were changed by hand: what is gone by now is asked about anew. */
  #doubtOf(ledger: readonly LedgerEntry[]): Doubt {
    const { mismatches } = this.#known.compatibility;
    const newer = doubtOf(this.stores, ledger);
    const changed = this.stores.filter(
      (store) =>
        store.backend === 'POSTGRES' &&
        store.recorded() !== undefined &&
        mismatches.some(({ table }) => isOf(store, table)),
    );
    const stores = [...new Set([...newer.stores, ...changed])];
    if (stores.length === 0) return NO_DOUBT;
    return { key: [newer.key, ...mismatches.map(({ text }) => text)].join(', '), stores };
  }

  /** At once when it is another one, and now and then for as long as something is broken or unanswered. */
  #isDoubtDue(now: number): boolean {
    const { key, stores } = this.#doubt;
    if (stores.length === 0) return false;
    const isNew = key !== this.#asked;
    this.#asked = key;
    const isOpen = key !== this.#answered || this.#broken.length > 0;
    return isNew || (isOpen && now - this.#askedAt >= COMPATIBILITY_EVERY_MS);
  }

  /** Whether another session might find something else. */
  mayBeOutdated({ ending }: Condition): boolean {
    return ending.length > 0 && performance.now() - this.#loggedInAt >= LOGIN_EVERY_MS;
  }

  /** Bodies name neither tables nor rights; the log does, at each change. */
  #logChange({ compatibility, durability: { faults }, ending }: Condition): void {
    this.#logCertificates(ending);
    const { lacking } = compatibility;
    const [unlike, intercepting] = [compatibility.mismatches, compatibility.intercepting].map(
      (all) => all.map(({ text }) => text),
    );
    const found = JSON.stringify([lacking, unlike, faults, intercepting]);
    if (found === this.#reported) return;
    const wasReported = this.#reported !== '' && this.#reported !== NOTHING;
    this.#reported = found;
    const database = this.database.name;
    const isFit = found === NOTHING;
    if (isFit && wasReported)
      this.log.info({ event: 'database.fit', database }, 'is as it has to be');
    if (isFit) return;
    const line = { event: 'database.unfit', database, lacking, misfits: unlike };
    this.log.warn(
      { ...line, undurable: faults, intercepting },
      'the database is not as this build needs it',
    );
  }

  #logCertificates(ending: readonly string[]): void {
    const detail = ending.join(', ');
    if (detail === this.#reportedEnding) return;
    this.#reportedEnding = detail;
    const code = 'POSTGRES_CERTIFICATE_EXPIRING';
    const database = this.database.name;
    if (detail === '') this.log.info({ event: 'database.fit', database }, 'its certificates last');
    else
      this.log.warn({ event: 'database.warning', database, code, detail }, reasonFor(code).meaning);
  }
}

const NO_DOUBT: Doubt = { key: '', stores: [] };
const NOTHING = JSON.stringify([[], [], [], []]);
