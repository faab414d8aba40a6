import type pg from 'pg';
import { RUNNING_BUILDS, type RunningBuild } from '@holdfast/postgres/verification/builds';
import { ReasonError } from '../../reasons.js';
import { idOf, type Migration } from '../../migration.js';
import { statementName } from '../../recorded-statements.js';
import { judgeChange } from './judge-change.js';
import type { TableChange } from './judge-columns.js';
import { judgeExpressions } from './judge-expressions.js';
import { judgeOwnTables, OWN_TABLES } from './judge-own-tables.js';
import { isPassing } from './passing-fault.js';
import { type StatementUses, statementUses, type TableUse } from './statement-use.js';
import { readTableFacts, type TableFacts } from './table-facts.js';
import { judgeDefaults, messageOf, passingChecks } from './trial-values.js';

/** Of a statement in a message. */
const MOST_CHARACTERS = 300;

const PREPARED = 'holdfast_proof';

/** A statement and who sends it. */
interface SentStatement {
  readonly text: string;
  readonly build: RunningBuild;
}

/**
 * Whether the builds that run can go on with the schema that a migration makes: each statement that they send is
 * prepared against it, and what that cannot see is compared in the catalogues.
 */
export class CompatibilityProof {
  /** That could not be prepared last. */
  #failing: string | undefined;
  readonly #broken = new Set<string>();
  #before: ReadonlyMap<string, TableFacts> = new Map();
  #functions: ReadonlyMap<string, string> = new Map();

  private constructor(
    private readonly client: pg.Client,
    private readonly statements: readonly SentStatement[],
    private readonly uses: StatementUses,
    private readonly roles: readonly string[],
    /** Builds of which nothing can be proved, for they have recorded nothing. */
    readonly unknown: readonly string[],
  ) {}

  static async of(client: pg.Client): Promise<CompatibilityProof> {
    const { rows: builds } = await client.query<RunningBuild>(RUNNING_BUILDS);
    const statements = builds.flatMap((build) =>
      (build.statements ?? []).map((text) => ({ text, build })),
    );
    const unique = [...new Map(statements.map((each) => [each.text, each])).values()];
    return new CompatibilityProof(
      client,
      unique,
      await statementUses(unique.map(({ text }) => text)),
      [...new Set(builds.flatMap(({ roles }) => roles))],
      builds.filter((build) => build.statements === null).map(describe),
    );
  }

  /** Whether nobody runs who has told what it sends: then there is nothing to prove. */
  get isEmpty(): boolean {
    return this.statements.length === 0;
  }

  /** In the migration's transaction, before its first statement. */
  async begin(): Promise<void> {
    this.#before = await this.#readFacts();
    this.#functions = await this.#readFunctions();
  }

  /**
   * In the migration's transaction, behind its last statement.
   * @throws MIGRATION_NOT_COMPATIBLE:<store>:<version>
   */
  async assertHolds(migration: Migration): Promise<void> {
    await this.#prepareAll(migration);
    const after = await this.#readFacts();
    const functions = await this.#readFunctions();
    for (const [name, text] of this.#functions)
      if (functions.get(name) !== text)
        throw this.#refusal(
          migration,
          `the function ${name} is not what it was`,
          this.#userOf(name),
        );
    const [own] = judgeOwnTables(this.#before, after);
    if (own !== undefined) throw this.#refusal(migration, own);
    for (const [table, use] of this.uses.tables) {
      const [old, now] = [this.#before.get(table), after.get(table)];
      if (!old || !now) continue;
      const change = { before: old, after: now };
      const [first] = await this.#judge(change, use);
      if (first !== undefined) throw this.#refusal(migration, first, this.#userOf(table));
    }
  }

  /**
   * Whether the statement that has failed last does so without the migration, too: then it is none of its
   * business, and left out from now on. To be asked outside a transaction.
   */
  async wasBrokenBefore(): Promise<boolean> {
    const text = this.#failing;
    this.#failing = undefined;
    if (text === undefined) return false;
    await this.client.query('BEGIN');
    try {
      await this.#prepare(text);
      return false;
    } catch (error) {
      if (isPassing(error)) throw error;
      this.#broken.add(text);
      return true;
    } finally {
      await this.client.query('ROLLBACK');
    }
  }

  async #prepareAll(migration: Migration): Promise<void> {
    const wanted = this.statements.filter(({ text }) => !this.#broken.has(text));
    // Sent at once: once one has failed, those behind it do, too.
    const answers = wanted.map(({ text }) => this.#prepare(text));
    for (const answer of answers) answer.catch(() => undefined);
    for (const [index, answer] of answers.entries()) {
      try {
        await answer;
      } catch (error) {
        const sent = wanted[index];
        if (!sent || isPassing(error)) throw error;
        this.#failing = sent.text;
        throw this.#refusal(migration, `${messageOf(error)}, in ${quoted(sent.text)}`, sent, error);
      }
    }
  }

  /** By the protocol for one statement: what a row holds that any process may write is never run. */
  async #prepare(text: string): Promise<void> {
    const preparing = this.client.query({
      text: `PREPARE ${PREPARED} AS ${text}`,
      queryMode: 'extended',
    } as pg.QueryConfig);
    const freeing = this.client.query(`DEALLOCATE ${PREPARED}`);
    freeing.catch(() => undefined);
    await preparing;
    await freeing;
  }

  async #judge(change: TableChange, use: TableUse): Promise<readonly string[]> {
    // Without the table there was nothing to prepare, or is nothing any more.
    if (change.before.kind === null || change.after.kind === null) return [];
    return [
      ...(await judgeDefaults(this.client, change, use)),
      ...judgeChange(change, use, await passingChecks(this.client, change)),
      ...(await judgeExpressions(change, use)),
    ];
  }

  #readFacts(): Promise<ReadonlyMap<string, TableFacts>> {
    const tables = [...new Set([...this.uses.tables.keys(), ...OWN_TABLES])];
    return readTableFacts(this.client, tables, this.roles);
  }

  /** Digests of what they run, by name; but for PostgreSQL's own. */
  async #readFunctions(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.client.query<{ name: string; text: string }>(
      `SELECT proname AS name, md5(string_agg(md5(p::text), ',' ORDER BY oid)) AS text FROM pg_proc p
        WHERE proname = ANY ($1) AND pronamespace <> 'pg_catalog'::regnamespace GROUP BY proname`,
      [this.uses.functions],
    );
    return new Map(rows.map(({ name, text }) => [name, text]));
  }

  #userOf(table: string): SentStatement | undefined {
    const bare = table.replaceAll('"', '');
    return this.statements.find(({ text }) => new RegExp(`\\b${bare}\\b`).test(text));
  }

  #refusal(migration: Migration, what: string, sent?: SentStatement, cause?: unknown): ReasonError {
    const { store, version } = migration;
    const who = sent ? `${statementName(sent.text)} of ${describe(sent.build)}: ` : '';
    return new ReasonError(`MIGRATION_NOT_COMPATIBLE:${store}:${version}`, {
      detail: `${store} ${idOf(migration)} says that it is backward-compatible. ${who}${what}`,
      ...(cause !== undefined && { cause }),
    });
  }
}

function describe({ store, builds, processes }: RunningBuild): string {
  return `the ${store} store of build ${builds.join(', ')} (${processes} running)`;
}

function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}...` : line;
}
