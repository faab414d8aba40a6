import type Sqlite from 'better-sqlite3';
import type { Finding, Verdict } from '../../verdicts/verdict.js';
import { indexOfWord, parenthesised, splitAtCommas } from '../../schema/sqlite-ddl.js';
import { isForGood, type Rename } from '../../verdicts/renames.js';
import { type SqliteUpdate, updateIn, upsertsIn, whereIn } from './sqlite-clauses.js';
import { SqliteCopy } from './sqlite-copy.js';
import { type SqliteRows, takenBySqlite } from './sqlite-conditions.js';
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
  /** Tables, and `table.column`: names that a pending statement gave to what running builds call otherwise. */
  #renamed = new Set<string>();
  /** Tables that another one takes the place of, rows and name. */
  #rebuilt = new Set<string>();
  #failed = false;
  readonly #asked: SqliteCopy;

  /** @param hasRows whether the copy holds the rows as well; else tables are taken to hold some */
  constructor(
    private readonly copy: Sqlite.Database,
    private readonly hasRows: boolean,
  ) {
    copy.pragma('foreign_keys = OFF');
    this.#asked = new SqliteCopy(copy);
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
    this.#renamed = new Set();
    this.#rebuilt = new Set();
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
    else if (verb === 'alter') this.#alter(findings, own, later);
    else if (verb === 'create') this.#create(findings, own);
    else if (verb === 'delete') this.#delete(findings, own);
    else if (verb === 'update') this.#update(findings, own);
    else if (verb === 'replace' || (verb === 'insert' && own[2] === 'replace'))
      this.#replace(findings, nameIn(own, own.indexOf('into') + 1));
    else if (verb === 'insert') this.#insert(findings, own);
    else if (!PLAIN.includes(verb) && !NOT_RUN.includes(verb))
      findings.add('NOT JUDGED', 'unknown-statement', `What ${verb.toUpperCase()} does.`);
  }

  #drop(findings: Findings, noun: string, name: string, later: readonly SqliteStatement[]): void {
    if (noun === 'table') {
      if (this.#isNew(name) || !this.#asked.exists(name)) return;
      const rebuilt = later.find(({ tokens }) => isRenameTo(tokens, name));
      if (rebuilt) this.#rebuild(findings, name, nameIn(rebuilt.tokens, 2));
      else {
        if (!this.#isEmpty(name))
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
    const isUnique = noun === 'index' && this.#asked.isUniqueIndex(name);
    if (noun === 'index' && !isUnique) return;
    if (this.#isNew(name) || !this.#asked.exists(name)) return;
    findings.add(
      'BREAKS OLD BUILD',
      `drop-${noun}`,
      `Running builds may rely on ${name}.`,
      UNUSED_FIRST,
    );
  }

  /** The way that SQLite describes: a new table takes the rows over, and then the name. */
  #rebuild(findings: Findings, name: string, from: string): void {
    this.#rebuilt.add(name);
    const kept = this.#asked.columns(from).map((column) => column.name);
    for (const column of this.#asked.columns(name)) {
      if (kept.includes(column.name)) continue;
      this.#dropColumn(findings, name, column.name);
    }
    if (this.hasRows && this.#asked.count(from) < this.#asked.count(name))
      findings.add(
        'DESTROYS',
        'rebuild-loses-rows',
        `The table that takes the place of ${name} holds fewer rows.`,
        'Copy all of them by INSERT ... SELECT.',
      );
  }

  #alter(findings: Findings, tokens: readonly string[], later: readonly SqliteStatement[]): void {
    const table = nameIn(tokens, 2);
    const rest = tokens.slice(3);
    const [action = '', second = ''] = rest;
    const words = second === 'column' ? rest.slice(2) : rest.slice(1);
    const [column = ''] = words;
    const isNew = this.#isNew(table) || this.#added.has(`${table}.${column}`);
    const rename = renameIn(tokens);
    if (rename) this.#rename(findings, table, rename, isNew, later);
    if (action === 'drop' && !isNew) this.#dropColumn(findings, table, column);
    if (action === 'add') {
      this.#added.add(`${table}.${column}`);
      if (!this.#isNew(table)) this.#addColumn(findings, table, words);
    }
  }

  #rename(
    findings: Findings,
    table: string,
    rename: Rename,
    isNew: boolean,
    later: readonly SqliteStatement[],
  ): void {
    const { of, from, to } = rename;
    const isTable = of === 'table';
    const place = isTable ? '' : `${table}.`;
    if (isTable && this.#rebuilt.has(to)) {
      this.#made.delete(table);
      return;
    }
    if (isNew) {
      (isTable ? this.#made : this.#added).add(`${place}${to}`);
      return;
    }
    const isKnown = !this.#renamed.has(`${place}${from}`);
    this.#renamed.add(`${place}${to}`);
    const isBack = !isForGood(
      rename,
      later.flatMap(({ tokens }) => renameIn(tokens) ?? []),
    );
    if (isKnown && !isBack)
      breaksRename(findings, isTable ? 'table' : 'column', `${place}${from}`, to);
  }

  #dropColumn(findings: Findings, table: string, column: string): void {
    if (!this.#isEmpty(table))
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
    const isThere = this.#asked.exists(name);
    if (!isThere) this.#made.add(name);
    const table = bare(words[words.indexOf('on') + 1] ?? '');
    if (isThere || this.#isNew(table)) return;
    if (noun === 'index' && isUnique && !this.#asked.isUniqueAlready(table, indexedColumns(words)))
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
    if (this.#isNew(table) || this.#isEmpty(table)) return;
    const taken = takenBySqlite(whereIn(tokens), this.#rows(table, tokens, 2, false));
    if (taken === 'every')
      findings.add(
        'DESTROYS',
        'delete-all-rows',
        `Deletes every row of ${table}.`,
        'Give a WHERE.',
      );
    if (taken === 'some')
      findings.add(
        'DESTROYS',
        'delete-rows',
        `Deletes the rows of ${table} that its WHERE takes.`,
        'Look at them by a SELECT first; a backup has to have them.',
      );
  }

  #update(findings: Findings, tokens: readonly string[]): void {
    const place = tokens[1] === 'or' ? 3 : 1;
    const table = nameIn(tokens, place);
    if (tokens[2] === 'replace') this.#replace(findings, table);
    this.#overwrite(findings, table, updateIn(table, tokens), {
      tokens,
      place,
      rule: 'update-all-rows',
      where: `every row of ${table}`,
      fix: 'Write to a new column, or give a WHERE.',
    });
  }

  #insert(findings: Findings, tokens: readonly string[]): void {
    const place = tokens.indexOf('into') + 1;
    const table = nameIn(tokens, place);
    // Which rows a condition leaves out, its author has said, as in an UPDATE.
    for (const update of upsertsIn(table, tokens))
      this.#overwrite(findings, table, update, {
        tokens,
        place,
        rule: 'upsert-rows',
        where: `the rows of ${table} that a new one conflicts with`,
        fix: 'DO NOTHING keeps them; or give DO UPDATE a WHERE.',
      });
  }

  #overwrite(
    findings: Findings,
    table: string,
    { columns, isJoined, where }: SqliteUpdate,
    said: {
      readonly tokens: readonly string[];
      readonly place: number;
      readonly rule: string;
      readonly where: string;
      readonly fix: string;
    },
  ): void {
    if (this.#isNew(table) || this.#isEmpty(table)) return;
    const rows = this.#rows(table, said.tokens, said.place, isJoined);
    if (takenBySqlite(where, rows) !== 'every') return;
    const lost = columns
      .filter(({ name, isItself }) => !isItself && !this.#added.has(`${table}.${name}`))
      .map(({ name }) => name);
    if (lost.length > 0)
      findings.add(
        'DESTROYS',
        said.rule,
        `Overwrites ${lost.join(', ')} in ${said.where}.`,
        said.fix,
      );
  }

  #replace(findings: Findings, table: string): void {
    if (this.#isNew(table) || this.#isEmpty(table)) return;
    findings.add(
      'DESTROYS',
      'replace-rows',
      `Deletes the rows of ${table} that have the same key as a new one.`,
      'INSERT ... ON CONFLICT DO NOTHING keeps them.',
    );
  }

  /** @param place of the table's name in the statement, which an alias may follow */
  #rows(table: string, tokens: readonly string[], place: number, isJoined: boolean): SqliteRows {
    const [word, next = ''] = tokens.slice(place + 1);
    return {
      alias: word === 'as' ? next : table,
      isJoined,
      isNeverNull: (column) => this.#asked.isNeverNull(table, column),
      evaluate: (sql) => this.#asked.evaluate(sql),
    };
  }

  /** Not where the copy holds no rows. */
  #isEmpty(table: string): boolean {
    return this.hasRows && this.#asked.isEmpty(table);
  }

  #isNew(name: string): boolean {
    return this.#made.has(name);
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

/** Of ALTER TABLE. */
function renameIn(tokens: readonly string[]): Rename | undefined {
  const table = nameIn(tokens, 2);
  const [action, second = '', third = '', ...more] = tokens.slice(3);
  if (tokens[0] !== 'alter' || action !== 'rename') return undefined;
  if (second === 'to') return { of: 'table', from: table, to: bare(third) };
  const [from, , to = ''] = second === 'column' ? [third, ...more] : [second, third, ...more];
  return { of: `column of ${table}`, from, to };
}

/** The plain columns of CREATE INDEX; not those of another collation. */
function indexedColumns(tokens: readonly string[]): readonly string[] {
  const parts = splitAtCommas(parenthesised(tokens, tokens.indexOf('on')));
  return parts.flatMap(([name = '', order, ...more]) =>
    more.length === 0 && [undefined, 'asc', 'desc'].includes(order) ? [name] : [],
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

/** Where the statement behind WITH begins. */
function mainWord(tokens: readonly string[]): number {
  const places = ['insert', 'update', 'delete', 'select', 'replace', 'values']
    .map((word) => indexOfWord(tokens, word))
    .filter((place) => place >= 0);
  return places.length > 0 ? Math.min(...places) : 0;
}
