import type { Finding } from '../../verdicts/verdict.js';
import type { TableSizes } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import type { Rows } from '../trial/trial-transaction.js';
import type { Tried } from '../trial/tried.js';
import { tryStatements } from '../trial/trial.js';
import { type Catalogue, readCatalogue } from './catalogue.js';
import { type Dependencies, readDependencies } from './dependencies.js';
import { Judge } from './judge.js';
import { RowProbes } from './probe-rows.js';
import { partsOfStatements } from './statement-parts.js';

/** By statement, what is said of it; the same objects that were asked about. */
export type LiveFindings = ReadonlyMap<Statement, readonly Finding[]>;

type Query = (
  sql: string,
  values?: unknown[],
) => Promise<{
  readonly rows: readonly { known: Catalogue; dependencies?: Dependencies; broken?: boolean }[];
}>;

/**
 * Judges the statements of migrations that would run one after the other, by the catalogue and the rows of a database. Changes
 * nothing; not for within a transaction.
 */
export async function liveFindings(
  query: Query,
  migrations: readonly (readonly Statement[])[],
  { functions, domains }: Pick<TableSizes, 'functions' | 'domains'>,
): Promise<LiveFindings> {
  const statements = migrations.flat();
  const catalogue = {
    ...(await readCatalogue(query, statements)),
    dependencies: await readDependencies(query, statements),
  };
  const parts = await partsOfStatements(statements);
  const run = async (sql: string, values?: unknown[]) => ({
    rows: (await query(sql, values)).rows as unknown as Rows,
  });
  const tried = await tryStatements(run, statements, { catalogue, functions });
  const judge = new Judge({ catalogue, functions, domains, parts, tried });
  const probes = new RowProbes((sql) => query(sql));
  const found = new Map<Statement, readonly Finding[]>();
  for (const statement of statements) {
    const migration = migrations.find((each) => each.includes(statement));
    if (migration?.[0] === statement) judge.commit();
    const findings: Finding[] = [];
    for (const claim of judge.judge(statement, migration)) {
      const finding = await probes.findingOf(claim);
      if (finding) findings.push(finding);
    }
    found.set(statement, withTrial(findings, tried.get(statement)));
  }
  return found;
}

/** Of what a statement names; what the server has taken knows better. */
const OF_NAMES = new Set([
  ...['no-column', 'no-constraint', 'no-type', 'query-fails'],
  ...['column-exists', 'constraint-exists'],
]);

function withTrial(findings: readonly Finding[], tried: Tried | undefined): readonly Finding[] {
  const { isTaken = false, fault, untried } = tried ?? {};
  if (untried !== undefined) return [...findings, notTried(untried)];
  const isOverruled = ({ verdict, rule }: Finding) =>
    isTaken && verdict === 'WILL FAIL' && OF_NAMES.has(rule);
  const kept = findings.filter((finding) => !isOverruled(finding));
  return fault && !kept.some(({ verdict }) => verdict === 'WILL FAIL') ? [...kept, fault] : kept;
}

function notTried(count: number): Finding {
  const which =
    count === 1 ? 'This statement was' : `This statement and the ${count - 1} after it were`;
  return {
    verdict: 'NOT JUDGED',
    rule: 'not-tried',
    text: `${which} not tried, and only judged by rules: the time of the trial was over.`,
    fix: 'Plan fewer pending migrations at once, or nearer to the database.',
  };
}
