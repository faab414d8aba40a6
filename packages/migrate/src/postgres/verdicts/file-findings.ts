import type { Finding } from '../../verdicts/verdict.js';
import { inOrder } from '../../verdicts/verdict.js';
import { ReasonError } from '../../reasons.js';
import type { Migration } from '../../migration.js';
import { ADVICE } from '../locks/constraint-locks.js';
import { effectsOf } from '../locks/lock-levels.js';
import { blocksOf, type Touch } from '../locks/lock-modes.js';
import { NO_SIZES } from '../locks/table-sizes.js';
import { type Statement, statementsOf } from '../parser/statements.js';
import { refuseUnrunnable } from '../run/refuse-unrunnable.js';
import type { JudgedMigration } from '../../verdicts/judged-migration.js';
import { BUILT_IN_FUNCTIONS } from './built-in-functions.js';
import { Judge } from './judge.js';
import { partsOfStatements } from './statement-parts.js';

/**
 * Judges the files of one store, in their order and without a database: what the migrations before it have made
 * is there, and in use; any table is taken to be large, and to hold rows.
 * @param others migrations of the other stores of the database, whose tables are there as well; undefined where those
 * are not known
 */
export async function fileFindings(
  migrations: readonly Migration[],
  others: readonly Migration[] | undefined,
): Promise<readonly JudgedMigration[]> {
  const parsed: { migration: Migration; statements: readonly Statement[]; fault?: ReasonError }[] =
    [];
  for (const migration of migrations) parsed.push(await parse(migration));
  const parts = await partsOfStatements(parsed.flatMap(({ statements }) => statements));
  const elsewhere = new Set<string>();
  for (const other of others ?? [])
    for (const statement of (await parse(other)).statements) {
      const { makes = [], renames } = effectsOf(statement, NO_SIZES);
      for (const name of renames ? [...makes, renames.to] : makes) elsewhere.add(name);
    }
  const judge = new Judge({ ...KNOWN, catalogue: undefined, elsewhere, parts });
  if (!others) judge.mayHaveMade();
  return parsed.map(({ migration, statements, fault }) => {
    const judged = statements.map((statement) => {
      const locked = lockFindings(statement, judge);
      const said = judge.judge(statement, statements).flatMap(({ finding }) => finding ?? []);
      const fails = said.some(({ verdict }) => verdict === 'WILL FAIL');
      return {
        number: statement.number,
        line: statement.line,
        sql: statement.text,
        verdicts: inOrder(fails ? said : [...said, ...locked]),
      };
    });
    if (fault && statements.length === 0) judge.mayHaveMade();
    judge.commit();
    judge.settle();
    return { migration, statements: fault ? [refused(fault), ...judged] : judged };
  });
}

/** What is known without a database. */
const KNOWN = { functions: BUILT_IN_FUNCTIONS, domains: {} };

/** A file that cannot be run as it stands is judged all the same, as far as it can be read. */
async function parse(migration: Migration) {
  try {
    const statements = await statementsOf(migration);
    try {
      refuseUnrunnable(migration, statements);
      return { migration, statements };
    } catch (error) {
      return { migration, statements, fault: asFault(error) };
    }
  } catch (error) {
    return { migration, statements: [], fault: asFault(error) };
  }
}

function asFault(error: unknown): ReasonError {
  if (error instanceof ReasonError) return error;
  throw error;
}

function refused(fault: ReasonError): JudgedMigration['statements'][number] {
  const line = Number(/, line (\d+): /.exec(fault.message)?.[1] ?? 1);
  const text = fault.message.replace(/^.*?, line \d+: /s, '');
  const finding: Finding = { verdict: 'WILL FAIL', rule: 'invalid', text, fix: fault.reason.fix };
  return { number: 0, line, sql: '', verdicts: [finding] };
}

/** What keeps others waiting for as long as a table is large, or what could be had with less. */
function lockFindings(statement: Statement, judge: Judge): readonly Finding[] {
  const named = effectsOf(statement, NO_SIZES).touches.map(({ relation }) => relation);
  const sizes = { ...KNOWN, relations: judge.relations(named) };
  return effectsOf(statement, sizes)
    .touches.filter((touch) => !judge.isNew(touch.relation) && isFelt(touch))
    .map((touch): Finding => {
      const blocks = touch.blocks ?? blocksOf(touch.mode);
      return {
        verdict: touch.rewrites ? 'REWRITES' : 'LOCKS',
        rule: touch.rewrites ? 'rewrite' : 'long-lock',
        text: `${actionOf(touch)} ${nameOf(touch)}${blocks === 'other DDL' ? '' : `, and blocks ${blocks} meanwhile`} (${touch.mode}).`,
        fix: touch.advice ?? null,
      };
    });
}

function isFelt({ mode, reach, blocks = blocksOf(mode), rewrites, scans, advice }: Touch): boolean {
  // Which tables these are, only a database knows.
  if (reach !== undefined && reach !== 'itself' && reach !== 'table of') return false;
  if (rewrites === true) return true;
  if (scans === true && (blocks !== 'other DDL' || mode === 'ROW EXCLUSIVE')) return true;
  return advice !== undefined && advice !== ADVICE.briefly;
}

function actionOf({ rewrites, scans, mode }: Touch): string {
  if (rewrites === true) return 'Writes anew';
  if (mode === 'ROW EXCLUSIVE') return 'Writes every row of';
  return scans === true ? 'Reads all of' : 'Waits for all who use';
}

function nameOf({ relation, reach }: Touch): string {
  return reach === 'table of' ? `the table of ${relation}` : relation;
}
