import { asNode, functionsIn, type NodeOf, textsOf } from '../parser/syntax-tree.js';
import type { LiveDomain } from './catalogue.js';
import type { Judgement } from './judgement.js';
import { quoted } from './statement-parts.js';

const CLEAN = 'Correct these values in an earlier migration.';

/** What every value of a domain has to be: `condition` is met by one that is not. */
interface Rule {
  readonly rule: string;
  readonly condition: string;
  /** For a sentence: `is NULL`. */
  readonly what: string;
}

const NULLS: Rule = { rule: 'nulls-are-there', condition: 'value IS NULL', what: 'is NULL' };

function broken(check: string): Rule {
  return { rule: 'check-not-met', condition: `NOT (${check}\n)`, what: 'breaks the CHECK' };
}

/** ALTER DOMAIN */
export function alteredDomain(judgement: Judgement, node: NodeOf<'AlterDomainStmt'>): void {
  const { subtype, typeName, def, name: given = '', missing_ok: mayBeMissing } = node;
  const { schema } = judgement;
  const name = textsOf(typeName).at(-1) ?? '';
  if (schema.hasType(name) === false) {
    judgement.fails({ rule: 'no-type', text: `There is no type ${name}.` });
    return;
  }
  const checks = schema.checksOf(name);
  const isGone = !checks.has(given) && schema.isComplete && !schema.isNewType(name);
  if ((subtype === 'V' || subtype === 'X') && isGone && !mayBeMissing)
    judgement.fails({ rule: 'no-constraint', text: `${name} has no constraint ${given}.` });
  if (subtype === 'X') checks.delete(given);
  if (subtype === 'V' && checks.has(given)) {
    const check = checks.get(given);
    if (check?.valid !== true) holds(judgement, name, asRule(check?.check));
    checks.set(given, { check: check?.check ?? null, valid: true });
  } else if (subtype === 'V' && !isGone) holds(judgement, name, undefined);
  if (subtype === 'O') holds(judgement, name, NULLS);
  if (subtype === 'C') added(judgement, name, asNode(def, 'Constraint') ?? {});
  if ((subtype === 'C' || subtype === 'O') && !schema.isNewType(name))
    judgement.breaks({
      rule: 'domain-constraint',
      text: `Running builds may write values that the domain ${name} refuses from then on.`,
      fix: 'Add it NOT VALID once no build writes such values, and validate it in the next migration.',
    });
}

function asRule(check: string | null | undefined): Rule | undefined {
  return check === null || check === undefined ? undefined : broken(check);
}

function added(judgement: Judgement, name: string, constraint: NodeOf<'Constraint'>): void {
  const { contype, conname, raw_expr: expression, skip_validation: isLater = false } = constraint;
  const checks = judgement.schema.checksOf(name);
  if (conname !== undefined && checks.has(conname))
    judgement.fails({
      rule: 'constraint-exists',
      text: `${name} has a constraint ${conname} already.`,
    });
  const isHarmless = judgement.isHarmless(functionsIn(expression));
  const check = isHarmless ? (judgement.parts[0]?.bracketsAfter('CHECK') ?? null) : null;
  if (conname !== undefined) checks.set(conname, { check, valid: !isLater });
  if (!isLater) holds(judgement, name, contype === 'CONSTR_NOTNULL' ? NULLS : asRule(check));
}

/** Every value that is stored in a column of the domain is asked for. */
function holds(judgement: Judgement, name: string, rule: Rule | undefined): void {
  const { schema } = judgement;
  if (schema.isNewType(name)) return;
  const domain = schema.domain(name);
  if (!domain || !rule) {
    judgement.notJudged('domain-constraint', `Whether every value of the domain ${name} meets it.`);
    return;
  }
  const [array] = domain.arrays;
  if (array !== undefined)
    judgement.fails({
      rule: 'domain-in-array',
      text: `${array} holds arrays of ${name}, which PostgreSQL does not look through.`,
      fix: 'Add it NOT VALID.',
    });
  for (const column of domain.columns) holdsIn(judgement, domain, rule, column);
}

function holdsIn(
  judgement: Judgement,
  { base }: LiveDomain,
  { rule, condition, what }: Rule,
  { table, column }: LiveDomain['columns'][number],
): void {
  const question = `whether a value of ${table}.${column} ${what}`;
  const texts = { rule, text: `A value of ${table}.${column} ${what}.`, fix: CLEAN };
  const sql = (live: string, name: string) =>
    `SELECT EXISTS (SELECT FROM (SELECT ${name}::${base} AS value FROM ONLY ${live}) AS v WHERE ${condition}) AS broken`;
  const relation = judgement.schema.ofLive(table);
  if (relation === undefined) {
    const asked = { ...texts, sql: sql(table, quoted(column)), mayRaise: true };
    judgement.failsInDatabase(question, [asked]);
    return;
  }
  const own = [...(relation?.columns ?? [])].find(([, { live }]) => live === column);
  if (!relation || !own) return;
  const [name] = own;
  judgement.failsWhere({ ...relation, isAlone: false }, texts, {
    columns: [name],
    question,
    sql: (live, liveColumn) => sql(live, liveColumn(name)),
    mayRaise: true,
  });
}
