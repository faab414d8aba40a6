import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { codeMutants } from './code-mutants.mjs';
import { GROUPS, namesFor } from './groups.mjs';
import { sqlMutants } from './sql-mutants.mjs';
import { Workspace } from './workspace.mjs';

const REPORTS = 'reports/mutation';
/** How many mutants one process judges. */
const BATCH = 12;

/** How mutants are made, by the name of their kind. */
export const KINDS = { code: codeMutants, sql: sqlMutants };

/**
 * Judges the mutants of one kind in some groups, one after another; a report of each group is in
 * `reports/mutation/<group>.<kind>.json`.
 * @returns a line for each group
 */
export async function judgeGroups(kind, names, folder = `.mutation/${kind}`) {
  mkdirSync(REPORTS, { recursive: true });
  const workspace = new Workspace(folder);
  const lines = [];
  for (const name of names) {
    const tests = new Tests(workspace, GROUPS[name].tests);
    const results = [];
    for (const file of GROUPS[name].files) {
      results.push(...(await judgeFile(kind, file, tests)));
      const report = `${JSON.stringify(results, null, 1)}\n`;
      writeFileSync(`${REPORTS}/${name}.${kind}.json`, report);
    }
    lines.push(`${name}, ${kind}: ${summary(results)}`);
  }
  return lines;
}

async function judgeFile(kind, file, tests) {
  const source = readFileSync(file, 'utf8');
  const { text, mutants } = await KINDS[kind](file, source);
  if (mutants.length === 0) return [];
  tests.workspace.write(file, text);
  const verdicts = new Map();
  for (const batch of batches(mutants)) {
    let left = batch;
    while (left.length > 0) {
      const told = await tests.judge(left, file);
      if (told.size === 0) throw new Error(`${file}: no test has run`);
      for (const [mutant, verdict] of told) verdicts.set(mutant, verdict);
      left = left.filter((mutant) => !told.has(mutant));
    }
  }
  tests.workspace.write(file, source);
  return mutants.map((mutant) => {
    const result = { file, ...mutant, verdict: verdicts.get(mutant.id) };
    if (result.verdict !== 'killed') process.stdout.write(`${described(result)}\n`);
    return result;
  });
}

/** The tests of a group. Without a mutant, and after one that did nothing, none of them fails. */
class Tests {
  #sound = new Set();

  constructor(workspace, patterns) {
    this.workspace = workspace;
    this.patterns = patterns;
  }

  async judge(mutants, file) {
    const names = namesFor(file);
    if (!this.#sound.has(names)) await this.#expectNoFailure(names);
    return this.workspace.judge(mutants, this.patterns, names);
  }

  async #expectNoFailure(names) {
    const verdicts = await this.workspace.judge(['none', 'none-again'], this.patterns, names);
    if (verdicts.size < 2 || [...verdicts.values()].includes('killed')) {
      throw new Error(`${this.patterns.join(', ')}: a test fails without a mutant`);
    }
    this.#sound.add(names);
  }
}

/** What acts while its module is loaded is judged alone. */
function batches(mutants) {
  const alone = mutants.filter(({ isStatic }) => isStatic).map(({ id }) => [id]);
  const rest = mutants.filter(({ isStatic }) => !isStatic).map(({ id }) => id);
  const groups = [];
  for (let at = 0; at < rest.length; at += BATCH) groups.push(rest.slice(at, at + BATCH));
  return [...groups, ...alone];
}

/** `9 of 12 killed, 2 survived, 1 unreached` */
function summary(results) {
  const count = (verdict) => results.filter((result) => result.verdict === verdict).length;
  const others = ['survived', 'unreached'].map((verdict) => `${count(verdict)} ${verdict}`);
  const killed = count('killed') + count('timeout');
  return [`${killed} of ${results.length} killed`, ...others].join(', ');
}

function described({ verdict, file, line, rule, from, to }) {
  const [before, after] = [from, to].map((text) => text.replace(/\s+/g, ' ').slice(0, 90));
  return `${verdict} ${file}:${line} ${rule}: ${before} -> ${after}`;
}
