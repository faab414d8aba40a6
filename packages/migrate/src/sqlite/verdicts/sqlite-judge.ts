import type Sqlite from 'better-sqlite3';
import type { Finding, Verdict } from '../../verdicts/verdict.js';
import { indexOfWord } from '../../schema/sqlite-ddl.js';
import type { SqliteStatement } from './sqlite-statements.js';

const LATER = 'Drop it in a later release, when no build uses it and a backup has it.';
const UNUSED_FIRST = 'First deploy a build that does not use it; drop it in the release after.';
const EXPAND =
  'Expand and contract: make the new one beside it, have builds write both, and drop the old one in a later release.';

/** Statements that reach beyond the copy that they would be run on. */
const NOT_RUN = ['attach', 'detach', 'vacuum', 'pragma'];

/** Statements of which nothing is to be said but whether they run. */
const PLAIN = ['insert', 'select', 'values', 'analyze', 'reindex', 'explain'];

/**
 * Judges the migrations of a database by running them on a copy in memory, statement by statement; looks
 * before each at what it would change.
 */
export class SqliteJudge {
  #made = new Set<string>();
  /** `table.column` */
  #added = new Set<string>();
  #failed = false;

  /** @param hasRows whether the copy holds the rows as well; else tables are taken to hold some */
  constructor(
    private readonly copy: Sqlite.Database,
    private readonly hasRows: boolean,
  ) {
    copy.pragma('foreign_keys = OFF');
  }

  /** The statements of one migration, in their order. */
  judge(statements: readonly SqliteStatement[]): ReadonlyMap<SqliteStatement, readonly Finding[]> {
    const found = new Map<SqliteStatement, Finding[]>();
    this.copy.exec('SAVEPOINT judged');
    statements.forEach((statement, place) => {
      const findings = new Findings();
      if (this.#failed) {
        findings.add('NOT JUDGED', 'after-failure', 'An earlier statement fails.');
      } else {
        this.#look(findings, statement, statements.slice(place + 1));
        this.#run(findings, statement);
      }
      found.set(statement, findings.all);
    });
    const last = statements.at(-1);
    if (last && !this.#failed) found.get(last)?.push(...this.#brokenReferences());
    if (this.copy.inTransaction) this.copy.exec('RELEASE judged');
    return found;
  }

  /** What has been made is in use from now on. */
  settle(): void {
    this.#made = new Set();
    this.#added = new Set();
  }

  #run(findings: Findings, { tokens, text }: SqliteStatement): void {
    const [first = ''] = tokens;
    if (NOT_RUN.includes(first)) {
      findings.add('NOT JUDGED', 'not-run', `What ${first.toUpperCase()} does is not known.`);
      return;
    }
    try {
      this.copy.exec(text);
      if (!this.copy.inTransaction) throw new Error('a migration is one transaction already');
    } catch (error) {
      this.#failed = true;
      const { message } = error as Error;
      findings.add('WILL FAIL', 'refused', `SQLite refuses it: ${message}.`);
    }
  }

  #brokenReferences(): readonly Finding[] {
    const [broken] = this.copy.pragma('foreign_key_check') as { table: string; parent: string }[];
    if (!broken) return [];
    const findings = new Findings();
    findings.add(
      'WILL FAIL',
      'reference-missing',
      `At the end a row of ${broken.table} refers to a row of ${broken.parent} that is not there.`,
    );
    this.#failed = true;
    return findings.all;
  }

  #look(findings: Findings, { tokens }: SqliteStatement, later: readonly SqliteStatement[]): void {
    const start = tokens[0] === 'with' ? mainWord(tokens) : 0;
    const own = tokens.slice(start);
    const [verb = '', noun = ''] = own;
    if (verb === 'drop') this.#drop(findings, noun, nameIn(own, 2), later);
    else if (verb === 'alter') this.#alter(findings, own);
    else if (verb === 'create') this.#create(findings, own);
    else if (verb === 'delete') this.#delete(findings, own);
    else if (verb === 'update') this.#update(findings, own);
    else if (verb === 'replace' || (verb === 'insert' && own[2] === 'replace'))
      this.#replace(findings, nameIn(own, own.indexOf('into') + 1));
    else if (!PLAIN.includes(verb) && !NOT_RUN.includes(verb))
      findings.add('NOT JUDGED', 'unknown-statement', `What ${verb.toUpperCase()} does.`);
  }

  #drop(findings: Findings, noun: string, name: string, later: readonly SqliteStatement[]): void {
    if (noun === 'table') {
      if (this.#isNew(name) || !this.#exists(name)) return;
      const rebuilt = later.find(({ tokens }) => isRenameTo(tokens, name));
      if (rebuilt) this.#rebuild(findings, name, nameIn(rebuilt.tokens, 2));
      else {
        findings.add('DESTROYS', 'drop-table', `Drops all rows of ${name}.`, LATER);
        findings.add(
          'BREAKS OLD BUILD',
          'drop-table',
          `Running builds may use ${name}.`,
          UNUSED_FIRST,
        );
      }
      return;
    }
    const isUnique = noun === 'index' && this.#isUniqueIndex(name);
    if (noun === 'index' && !isUnique) return;
    if (this.#isNew(name) || !this.#exists(name)) return;
    findings.add(
      'BREAKS OLD BUILD',
      `drop-${noun}`,
      `Running builds may rely on ${name}.`,
      UNUSED_FIRST,
    );
  }

  /** The way that SQLite describes: a new table takes the rows over, and then the name. */
  #rebuild(findings: Findings, name: string, from: string): void {
    const kept = this.#columns(from).map((column) => column.name);
    for (const column of this.#columns(name)) {
      if (kept.includes(column.name)) continue;
      this.#dropColumn(findings, name, column.name);
    }
    if (this.hasRows && this.#count(from) < this.#count(name))
      findings.add(
        'DESTROYS',
        'rebuild-loses-rows',
        `The table that takes the place of ${name} holds fewer rows.`,
        'Copy all of them by INSERT ... SELECT.',
      );
  }

  #alter(findings: Findings, tokens: readonly string[]): void {
    const table = nameIn(tokens, 2);
    const rest = tokens.slice(3);
    const [action = '', second = '', third = ''] = rest;
    if (action === 'rename' && second === 'to') {
      if (this.#isNew(table)) this.#made.add(third);
      else breaksRename(findings, 'table', table, third);
      return;
    }
    const words = second === 'column' ? rest.slice(2) : rest.slice(1);
    const [column = ''] = words;
    const isNew = this.#isNew(table) || this.#added.has(`${table}.${column}`);
    if (action === 'rename' && !isNew)
      breaksRename(findings, 'column', `${table}.${column}`, words[2] ?? '');
    if (action === 'drop' && !isNew) this.#dropColumn(findings, table, column);
    if (action === 'add') {
      this.#added.add(`${table}.${column}`);
      if (!this.#isNew(table)) this.#addColumn(findings, table, words);
    }
  }

  #dropColumn(findings: Findings, table: string, column: string): void {
    findings.add(
      'DESTROYS',
      'drop-column',
      `Drops all that column ${column} of ${table} holds.`,
      LATER,
    );
    findings.add(
      'BREAKS OLD BUILD',
      'drop-column',
      `Running builds may read or write ${column} of ${table}.`,
      UNUSED_FIRST,
    );
  }

  #addColumn(findings: Findings, table: string, words: readonly string[]): void {
    const [column = ''] = words;
    const value = words[indexOfWord(words, 'default') + 1];
    const hasDefault = indexOfWord(words, 'default') >= 0 && value !== 'null';
    const notNull = words.some((word, place) => word === 'not' && words[place + 1] === 'null');
    if (!notNull || hasDefault) return;
    if (!this.hasRows)
      findings.add(
        'WILL FAIL',
        'add-not-null',
        `${table} has no value for ${column}, which is NOT NULL without a default, once it holds a row.`,
        'Give it a DEFAULT.',
      );
    findings.add(
      'BREAKS OLD BUILD',
      'add-not-null',
      `Running builds write rows to ${table} without ${column}, which is NOT NULL without a default.`,
      'Give it a DEFAULT.',
    );
  }

  #create(findings: Findings, tokens: readonly string[]): void {
    const words = tokens.filter((word) => word !== 'temp' && word !== 'temporary');
    const isUnique = words[1] === 'unique';
    const noun = words[isUnique ? 2 : 1] ?? '';
    const name = nameIn(words, isUnique ? 3 : 2);
    const isThere = this.#exists(name);
    if (!isThere) this.#made.add(name);
    const table = bare(words[words.indexOf('on') + 1] ?? '');
    if (isThere || this.#isNew(table)) return;
    if (noun === 'index' && isUnique)
      findings.add(
        'BREAKS OLD BUILD',
        'create-unique-index',
        `Running builds may write rows to ${table} that the unique index ${name} refuses.`,
        'Have every build keep to it first.',
      );
    if (noun === 'trigger')
      findings.add(
        'NOT JUDGED',
        'create-trigger',
        `What the trigger does to rows of ${table} that running builds write.`,
      );
  }

  #delete(findings: Findings, tokens: readonly string[]): void {
    const table = nameIn(tokens, 2);
    if (this.#isNew(table)) return;
    if (indexOfWord(tokens, 'where') < 0)
      findings.add(
        'DESTROYS',
        'delete-all-rows',
        `Deletes every row of ${table}.`,
        'Give a WHERE.',
      );
    else
      findings.add(
        'DESTROYS',
        'delete-rows',
        `Deletes the rows of ${table} that its WHERE takes.`,
        'Look at them by a SELECT first; a backup has to have them.',
      );
  }

  #update(findings: Findings, tokens: readonly string[]): void {
    const table = nameIn(tokens, tokens[1] === 'or' ? 3 : 1);
    if (this.#isNew(table) || indexOfWord(tokens, 'where') >= 0) return;
    const set = tokens.slice(indexOfWord(tokens, 'set') + 1);
    const columns = set.filter((_, place) => set[place + 1] === '=' && depthAt(set, place) === 0);
    const lost = columns.filter((column) => !this.#added.has(`${table}.${column}`));
    if (lost.length > 0)
      findings.add(
        'DESTROYS',
        'update-all-rows',
        `Overwrites ${lost.join(', ')} in every row of ${table}.`,
        'Write to a new column, or give a WHERE.',
      );
  }

  #replace(findings: Findings, table: string): void {
    if (this.#isNew(table)) return;
    findings.add(
      'DESTROYS',
      'replace-rows',
      `Deletes the rows of ${table} that have the same key as a new one.`,
      'INSERT ... ON CONFLICT DO NOTHING keeps them.',
    );
  }

  #isNew(name: string): boolean {
    return this.#made.has(name);
  }

  #exists(name: string): boolean {
    const found = this.copy.prepare('SELECT 1 FROM sqlite_schema WHERE lower(name) = ?').get(name);
    return found !== undefined;
  }

  #columns(table: string): readonly { readonly name: string }[] {
    const columns = this.copy
      .prepare('SELECT lower(name) AS name FROM pragma_table_xinfo(?)')
      .all(table);
    return columns as { name: string }[];
  }

  #isUniqueIndex(name: string): boolean {
    const found = this.copy
      .prepare(
        `SELECT 1 FROM sqlite_schema AS s, pragma_index_list(s.tbl_name) AS i
          WHERE s.type = 'index' AND lower(s.name) = ? AND lower(i.name) = ? AND i."unique"`,
      )
      .get(name, name);
    return found !== undefined;
  }

  #count(table: string): number {
    const name = `"${table.replaceAll('"', '""')}"`;
    const { rows } = this.copy.prepare(`SELECT count(*) AS rows FROM ${name}`).get() as {
      rows: number;
    };
    return rows;
  }
}

class Findings {
  readonly all: Finding[] = [];

  add(verdict: Verdict, rule: string, text: string, fix?: string): void {
    this.all.push({ verdict, rule, text, fix: fix ?? null });
  }
}

function breaksRename(findings: Findings, noun: string, from: string, to: string): void {
  findings.add(
    'BREAKS OLD BUILD',
    `rename-${noun}`,
    `Running builds use the ${noun} ${from}, which is ${to} from then on.`,
    EXPAND,
  );
}

function isRenameTo(tokens: readonly string[], name: string): boolean {
  return (
    tokens[0] === 'alter' && tokens[3] === 'rename' && tokens[4] === 'to' && tokens[5] === name
  );
}

/** The name at that place, behind IF EXISTS, OR FAIL and their like. */
function nameIn(tokens: readonly string[], place: number): string {
  let at = place;
  while (['if', 'not', 'exists'].includes(tokens[at] ?? '')) at += 1;
  return bare(tokens[at] ?? '');
}

/** Without schema and quotes. */
function bare(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.replace(/^.*\./, '');
}

function depthAt(tokens: readonly string[], place: number): number {
  const before = tokens.slice(0, place);
  return (
    before.filter((each) => each === '(').length - before.filter((each) => each === ')').length
  );
}

/** Where the statement behind WITH begins. */
function mainWord(tokens: readonly string[]): number {
  const places = ['insert', 'update', 'delete', 'select', 'replace', 'values']
    .map((word) => indexOfWord(tokens, word))
    .filter((place) => place >= 0);
  return places.length > 0 ? Math.min(...places) : 0;
}
