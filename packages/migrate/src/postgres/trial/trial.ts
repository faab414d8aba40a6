import type { TableSizes } from '../locks/table-sizes.js';
import { loadParser, type Parser } from '../parser/parser.js';
import type { Statement } from '../parser/statements.js';
import { asNode } from '../parser/syntax-tree.js';
import { type Catalogue, relationsNamed } from '../verdicts/catalogue.js';
import { copyingSql, referencingSql, TRIAL_FACTS, type TrialFacts } from './copied-relations.js';
import { mayBeTried } from './may-be-tried.js';
import { drop, forget, remember } from './trial-changes.js';
import { faultOf } from './trial-faults.js';
import { treatmentOf } from './trial-kinds.js';
import { TrialNames } from './trial-names.js';
import { trialText } from './trial-text.js';
import { type Run, TrialTransaction } from './trial-transaction.js';
import { triedColumns } from './tried-columns.js';
import { indexKeys } from './tried-indexes.js';
import type { Tried } from './tried.js';

interface Known extends Pick<TableSizes, 'functions'> {
  readonly catalogue: Catalogue;
}

/**
 * Tries statements one after the other on empty copies of the tables that they name, in one transaction that is undone.
 * Of the tables themselves nothing is asked but what they look like: ACCESS SHARE, for two seconds at most. What cannot be
 * tried so is left out, and what it touches from then on.
 */
export async function tryStatements(
  run: Run,
  statements: readonly Statement[],
  known: Known,
): Promise<ReadonlyMap<Statement, Tried>> {
  const parser = await loadParser();
  const transaction = new TrialTransaction(run);
  try {
    await transaction.begin();
    return await new Trial(transaction, known, parser).tried(statements);
  } catch (error) {
    // What the server does not let be tried is not; a connection that is gone is no answer.
    if ((error as { code?: string }).code === undefined) throw error;
    return new Map();
  } finally {
    await transaction.undo();
  }
}

/** Also where the settings look for temporary tables last. */
const TEMPORARY_FIRST = `SELECT set_config('search_path', concat_ws(', ', 'pg_temp', nullif(current_setting('search_path'), '')), true)`;

/** SQLSTATEs of values. */
const OF_VALUES = /^2[23]/;

class Trial {
  readonly #names: TrialNames;
  /** Nothing is known any more. */
  #isOver = false;

  constructor(
    private readonly transaction: TrialTransaction,
    known: Known,
    private readonly parser: Parser,
  ) {
    this.#names = new TrialNames(known.catalogue, known.functions);
  }

  async tried(statements: readonly Statement[]): Promise<ReadonlyMap<Statement, Tried>> {
    const found = new Map<Statement, Tried>();
    const { rows } = await this.transaction.ask(TRIAL_FACTS, [relationsNamed(statements)]);
    const { trial } = (rows[0] ?? {}) as { trial?: TrialFacts };
    if (!trial?.isAllowed && !this.transaction.isOver) return found;
    await this.transaction.attempt(TEMPORARY_FIRST);
    await this.#copy(trial?.relations ?? []);
    for (const [place, statement] of statements.entries()) {
      if (this.#isOver) break;
      const tried = await this.#try(statement);
      // What was under way then has no answer.
      const isCut = this.transaction.isOver && tried.fault === undefined && tried.isTaken !== true;
      found.set(statement, isCut ? { untried: statements.length - place } : tried);
      if (isCut) break;
    }
    return found;
  }

  async #copy(relations: TrialFacts['relations']): Promise<void> {
    const names = relations.map(({ name }) => name);
    for (const relation of relations) {
      // Two schemas may each have one; there is one of temporary tables.
      const isAlone = names.filter((name) => name === relation.name).length === 1;
      if (isAlone && (await this.transaction.attempt(copyingSql(relation))) === undefined)
        this.#names.add(relation);
      else this.#names.forget(relation.name);
    }
    for (const relation of relations)
      if (
        relation.references.length > 0 &&
        (await this.transaction.attempt(referencingSql(relation)))
      )
        this.#names.forget(relation.name);
  }

  async #try(statement: Statement): Promise<Tried> {
    switch (treatmentOf(statement, this.#names)) {
      case 'prepare':
        return this.#runIt(statement, true);
      case 'run':
        return this.#runIt(statement, false);
      case 'run-alone':
        return this.#runAlone(statement);
      case 'forget':
        forget(statement, this.#names);
        break;
      case 'forget-bodies':
        this.#names.forgetBodies();
        break;
      case 'drop':
        this.#isOver = !(await drop(statement, this.#names, this.transaction));
        break;
      case 'rename-index':
        await this.#renameIndex(statement);
        break;
      case 'end':
        this.#isOver = !(await this.#isThere(statement));
        break;
      case 'skip':
    }
    return {};
  }

  /** An extension that is there already brings nothing. */
  async #isThere({ node }: Statement): Promise<boolean> {
    const { extname, if_not_exists: mayBeThere } = asNode(node, 'CreateExtensionStmt') ?? {};
    if (extname === undefined || mayBeThere !== true) return false;
    const { rows } = await this.transaction.ask('SELECT FROM pg_extension WHERE extname = $1', [
      extname,
    ]);
    return rows.length > 0;
  }

  async #runIt(statement: Statement, isQuery: boolean): Promise<Tried> {
    const names = this.#names;
    const sql = mayBeTried(statement, names) ? trialText(statement, this.parser) : undefined;
    const error = sql === undefined ? undefined : await this.#attempt(statement, sql, isQuery);
    if (isQuery && names.mayDoAnything(statement.node)) this.#isOver = true;
    if (sql === undefined || error) {
      if (!isQuery) forget(statement, names);
      return error && this.#isTelling(error) ? { fault: faultOf(error, statement) } : {};
    }
    if (isQuery) return { isTaken: true };
    const asked = (query: string) => this.transaction.ask(query);
    return {
      isTaken: true,
      fault: await remember(statement, names, this.transaction),
      columns: names.areValuesKnown ? await triedColumns(asked, statement, names) : undefined,
      keys: await indexKeys(asked, statement),
    };
  }

  /** What follows does not find what it has made. */
  async #runAlone(statement: Statement): Promise<Tried> {
    const names = this.#names;
    const sql = mayBeTried(statement, names) ? trialText(statement, this.parser) : undefined;
    const error = sql === undefined ? undefined : await this.transaction.attemptAlone(sql);
    forget(statement, names);
    return error && this.#isTelling(error) ? { fault: faultOf(error, statement) } : {};
  }

  /** Not of a value, once a type takes others than the server knows of. */
  #isTelling(error: Error): boolean {
    const { code = '' } = error as { code?: string };
    return this.#names.areValuesKnown || !OF_VALUES.test(code);
  }

  /** A query is planned, where that calls no function of users; or else only understood. */
  #attempt({ node }: Statement, sql: string, isQuery: boolean): Promise<Error | undefined> {
    if (!isQuery) return this.transaction.attempt(sql);
    return this.transaction.understand(
      this.#names.callsOwn(node)
        ? `PREPARE holdfast_trial AS ${sql}\n; DEALLOCATE holdfast_trial`
        : `EXPLAIN ${sql}`,
    );
  }

  /** Elsewhere than in the trial it changes nothing. */
  async #renameIndex(statement: Statement): Promise<void> {
    const sql = trialText(statement, this.parser);
    if (sql === undefined || (await this.transaction.attempt(sql))) this.#isOver = true;
  }
}
