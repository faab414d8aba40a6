import { createHash } from 'node:crypto';
import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { type CopyIdentity, NO_PROGRESS, ProgressTable, STATE_TABLE } from './progress.js';
import type { Links, TableProgress } from './progress.js';
import { lockStaging, tryLock, unlock } from './staging-lock.js';
import type { Note, TargetTable } from './target-table.js';
import type { Statement } from './pipeline.js';
import { atOnce } from './transaction.js';

/** Names of the schemas in which a copy is prepared: one for each schema that is copied into. */
const PREFIX = 'holdfast_copy_';

/**
 * The schema in which a copy is made, unseen until it is switched in. Its session holds a lock by
 * which others know that it is in use.
 */
export class Staging {
  private constructor(
    private readonly client: pg.Client,
    readonly target: string,
    readonly schema: string,
    private readonly state: ProgressTable,
    private readonly found: Map<string, TableProgress>,
    /** A copy that was interrupted is continued. */
    readonly resumed: boolean,
    /** When it is there: the session that makes it may go on at once. */
    readonly made: Promise<void>,
  ) {}

  /** The name of the staging schema of a schema. */
  static nameFor(target: string): string {
    return `${PREFIX}${createHash('sha256').update(target).digest('hex').slice(0, 12)}`;
  }

  /**
   * Before anything else is done to the target: no other process copies into the schema then.
   * @param ask what is to be known then, in the same round trip
   * @throws COPY_UNDER_WAY
   */
  static lock<T = void>(
    client: pg.Client,
    target: string,
    ask: () => Promise<T> = () => Promise.resolve() as Promise<T>,
  ): Promise<T> {
    return lockStaging(client, Staging.nameFor(target), ask);
  }

  /** Whether a copy into the schema was interrupted. */
  static async isThere(client: pg.Client, target: string): Promise<boolean> {
    return (await Staging.all(client)).includes(Staging.nameFor(target));
  }

  /** The names of those that copies have made: a name alone proves nothing. */
  static async all(client: pg.Client): Promise<readonly string[]> {
    const { rows } = await client.query<{ name: string }>(
      `SELECT n.nspname AS name FROM pg_namespace n
         JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ${literal(STATE_TABLE)}
        WHERE n.nspname ~ '^${PREFIX}[0-9a-f]{12}$' AND pg_has_role(n.nspowner, 'USAGE')`,
    );
    return rows.map(({ name }) => name);
  }

  /**
   * With the lock. What copies that were killed have left is dropped; with `resume` that of this
   * target is continued instead.
   * @returns when what makes it is sent
   * @param staged what `all` gave under the lock
   * @throws COPY_SOURCE_CHANGED, COPY_RESUME_DIFFERS
   */
  static async open(
    client: pg.Client,
    target: string,
    identity: CopyIdentity,
    resume: boolean,
    staged: readonly string[],
  ): Promise<Staging> {
    const schema = Staging.nameFor(target);
    const state = new ProgressTable(client, schema);
    if (resume && staged.includes(schema)) {
      refuseOther(await state.identity(), identity, schema);
      const found = await state.read();
      return new Staging(client, target, schema, state, found, true, Promise.resolve());
    }
    if (!resume) await dropAbandoned(client, schema, staged);
    const making = [`CREATE SCHEMA ${quoted(schema)}`, ...state.creation(identity)];
    const made = atOnce(client, making);
    made.catch(() => undefined);
    return new Staging(client, target, schema, state, new Map(), false, made);
  }

  /** The same, through another connection. */
  through(client: pg.Client): Staging {
    const { target, schema, found, resumed, made } = this;
    const state = new ProgressTable(client, schema);
    return new Staging(client, target, schema, state, found, resumed, made);
  }

  progressOf(table: string): TableProgress {
    return this.found.get(table) ?? NO_PROGRESS;
  }

  /** For the transaction that is under way. */
  saving(table: string, progress: TableProgress): Statement {
    this.found.set(table, progress);
    return this.state.saving(table, progress);
  }

  /** For the transaction that is under way, and writes rows: `tellWritten` is told its answer. */
  savingWritten(table: string, progress: TableProgress): Statement {
    this.found.set(table, progress);
    return this.state.savingWritten(table, progress);
  }

  tellWritten(table: string, answer: pg.QueryResult | undefined): void {
    const [row] = (answer?.rows ?? []) as readonly Pick<TableProgress, 'transactions'>[];
    this.found.set(table, { ...this.progressOf(table), ...row });
  }

  /** Fails the transaction that is under way, unless all rows of the tables are there. */
  requiringRows(tables: readonly string[]): Statement {
    return this.state.requiringRows(tables);
  }

  /** For the transaction that is under way, and makes its keys: `tellKeyed` is told when it is committed. */
  savingKeyed(table: string, notes: readonly Note[]): Statement {
    return this.state.savingKeyed(table, notes);
  }

  tellKeyed(table: string, notes: readonly Note[]): void {
    this.found.set(table, { ...this.progressOf(table), keyed: true, notes });
  }

  /** In the transaction that is under way. */
  async save(table: string, progress: TableProgress): Promise<void> {
    await this.client.query(this.saving(table, progress));
  }

  /** Undefined until the foreign keys are made. */
  async links(): Promise<Links | undefined> {
    return (await this.state.identity())?.links;
  }

  /** For the transaction that is under way. */
  savingLinks(links: Links): Statement {
    return this.state.savingLinks(links);
  }

  /** The last change of a source that is followed; 0 before the first. */
  followed(): Promise<number> {
    return this.state.followed();
  }

  /**
   * In the transaction that is under way.
   * @param transaction that has written the changes
   * @returns false when somebody else has gone on
   */
  saveFollowed(
    range: { readonly after: number; readonly through: number },
    transaction: string,
  ): Promise<boolean> {
    return this.state.saveFollowed(range, transaction);
  }

  /** The transactions that have written changes of a source that is followed. */
  followingTransactions(): Promise<readonly string[]> {
    return this.state.followingTransactions();
  }

  /**
   * What makes a table anew, for the transaction that is under way.
   * @param create absent: with the columns of the one that exists
   */
  creating({ name }: TargetTable, create: string | undefined): readonly Statement[] {
    const place = `${quoted(this.schema)}.${quoted(name)}`;
    this.found.delete(name);
    return [
      `DROP TABLE IF EXISTS ${place} CASCADE`,
      // Rows are judged by the types and checks of the table that exists here already.
      create ??
        `CREATE UNLOGGED TABLE ${place} (LIKE ${quoted(this.target)}.${quoted(name)}
         INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY)`,
    ];
  }

  drop(): Promise<void> {
    return Staging.dropOf(this.client, this.target);
  }

  /** Drops what a copy into a schema has prepared. @param client that has the lock */
  static async dropOf(client: pg.Client, target: string): Promise<void> {
    await client.query(Staging.dropping(target));
  }

  /** What does it, for the transaction that is under way. */
  static dropping(target: string): string {
    return `DROP SCHEMA IF EXISTS ${quoted(Staging.nameFor(target))} CASCADE`;
  }
}

/** @param own whose lock is held already */
async function dropAbandoned(
  client: pg.Client,
  own: string,
  staged: readonly string[],
): Promise<void> {
  for (const schema of staged) {
    if (schema !== own && !(await tryLock(client, schema))) continue;
    await client.query(`DROP SCHEMA IF EXISTS ${quoted(schema)} CASCADE`);
    if (schema !== own) await unlock(client, schema);
  }
}

function refuseOther(
  found: CopyIdentity | undefined,
  { source, plan }: CopyIdentity,
  schema: string,
): void {
  if (found?.source === source && found.plan === plan) return;
  const code = found?.source === source ? 'COPY_RESUME_DIFFERS' : 'COPY_SOURCE_CHANGED';
  throw new ReasonError(code, { detail: `what was interrupted is in the schema ${schema}` });
}
