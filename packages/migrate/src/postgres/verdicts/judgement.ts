import type { Finding, Verdict } from '../../verdicts/verdict.js';
import type { RangeVar } from 'libpg-query';
import { relationName } from '../parser/syntax-tree.js';
import type { Statement } from '../parser/statements.js';
import type { TableSizes } from '../locks/table-sizes.js';
import type { Tried } from '../trial/tried.js';
import type { ModelColumn, Relation } from './relation.js';
import type { SchemaModel } from './schema-model.js';
import { quoted, type StatementPart } from './statement-parts.js';

/** A question to the rows that are there; the finding holds where the answer is yes. */
export interface Probe {
  /** One row, with a boolean `broken`. */
  readonly sql: string;
  /** What is asked, for a sentence: `whether a row of orders has no note`. */
  readonly question: string;
  /** An error that a value causes is a yes as well. */
  readonly mayRaise: boolean;
  /** Whether the finding holds as well where there is no answer. */
  readonly isTakenFor?: boolean;
  readonly finding: Finding;
}

export interface Claim {
  readonly finding?: Finding;
  readonly probe?: Probe;
}

interface Texts extends Pick<Finding, 'rule' | 'text'> {
  readonly fix?: string;
}

/** A question about rows, and what the answer depends on. */
interface Question {
  /** Columns that the condition speaks of, by their present names; all where undefined. */
  readonly columns?: readonly string[];
  /** For a sentence: `whether a row of orders has no note`. */
  readonly question: string;
  /** `SELECT … AS broken`, of the names that the database knows now. */
  readonly sql: (live: string, column: (name: string) => string) => string;
  readonly mayRaise?: boolean;
}

/** A question to the server, of no rows. */
interface ServerQuestion extends Texts, Partial<Pick<Probe, 'mayRaise'>> {
  /** `SELECT … AS broken` */
  readonly sql: string;
}

/** What is found out about one statement; the rules write it. */
export class Judgement {
  readonly claims: Claim[] = [];

  constructor(
    readonly statement: Statement,
    /** All statements of its migration. */
    readonly migration: readonly Statement[],
    readonly schema: SchemaModel,
    /** The subcommands, in their order. */
    readonly parts: readonly StatementPart[],
    private readonly known: Pick<TableSizes, 'functions' | 'domains'>,
    /** What a trial has found out; undefined where it has not come so far. */
    readonly tried?: Tried,
  ) {}

  /** Whether functions may be called just to see: they are known, and have no effects. */
  isHarmless(names: readonly string[]): boolean {
    return names.every((name) => this.known.functions[name]?.volatile === false);
  }

  isDomain(type: string): boolean {
    return this.known.domains[type] !== undefined;
  }

  destroys(texts: Texts): void {
    this.#say('DESTROYS', texts);
  }

  /** Destroys what the rows of a table hold: nothing where there are none, and some where that is not known. */
  destroysRows(relation: Relation, texts: Texts): void {
    this.#saysOfRows('DESTROYS', relation, texts);
  }

  /** As `destroysRows`, of builds that look for the rows. */
  breaksOnRows(relation: Relation, texts: Texts): void {
    this.#saysOfRows('BREAKS OLD BUILD', relation, texts);
  }

  breaks(texts: Texts): void {
    this.#say('BREAKS OLD BUILD', texts);
  }

  fails(texts: Texts): void {
    this.#say('WILL FAIL', texts);
  }

  notJudged(rule: string, text: string): void {
    this.#say('NOT JUDGED', { rule, text });
  }

  /** Fails where the table holds a row; without a database, it is taken to hold one. */
  failsOnRows(relation: Relation, texts: Texts): void {
    if (relation.isNew) return;
    if (relation.live === undefined) {
      if (!this.schema.isComplete) this.fails(texts);
      return;
    }
    this.failsWhere(relation, texts, {
      columns: [],
      question: `whether ${relation.name} holds a row`,
      sql: (live) => `SELECT EXISTS (SELECT FROM ${live}) AS broken`,
    });
  }

  /** Fails where rows that are there say so; nothing is said without a database. */
  failsWhere(relation: Relation, texts: Texts, question: Question): void {
    if (relation.isNew || relation.live === undefined) return;
    const columns = (question.columns ?? [...relation.columns.keys()]).map((name) =>
      relation.columns.get(name),
    );
    const isChanged = columns.some((column) => column?.live === undefined || column.written);
    if (relation.changedBy !== undefined || isChanged) {
      const by = relation.changedBy ?? 'an earlier statement';
      this.notJudged('rows-changed', `${question.question}: ${by} changes them first.`);
      return;
    }
    const live = (name: string) => quoted(relation.columns.get(name)?.live ?? name);
    this.claims.push({
      probe: {
        sql: question.sql(relation.isAlone ? `ONLY ${relation.live}` : relation.live, live),
        question: question.question,
        mayRaise: question.mayRaise ?? false,
        finding: finding('WILL FAIL', texts),
      },
    });
  }

  /** Fails where the server says so, whatever its rows are. */
  failsInDatabase(question: string, asked: readonly ServerQuestion[]): void {
    if (!this.schema.isComplete) return;
    for (const { sql, mayRaise = false, ...texts } of asked)
      this.claims.push({
        probe: { sql, question, mayRaise, finding: finding('WILL FAIL', texts) },
      });
  }

  /** Fails where the server does not understand a query, of relations that are as it knows them. */
  failsToParse(query: string, ranges: readonly RangeVar[], name: string): void {
    if (!this.#areAsKnown(ranges)) return;
    this.claims.push({
      probe: {
        // No row is asked for, so that nothing of it runs; PREPARE would outlive the transaction.
        sql: `SELECT false AS broken FROM (${query}\n) AS q LIMIT 0`,
        question: `whether the query of ${name} is one`,
        mayRaise: true,
        finding: finding('WILL FAIL', {
          rule: 'query-fails',
          text: `The query of ${name} names what is not there.`,
        }),
      },
    });
  }

  /** Fails where a query, of relations and rows that are as the server knows them, has a row. */
  failsOnAnswer(query: string, ranges: readonly RangeVar[], texts: Texts): void {
    const isChanged = (relation: Relation | null | undefined) =>
      relation?.changedBy !== undefined ||
      [...(relation?.columns.values() ?? [])].some(({ written }) => written);
    const found = ranges.map((range) => this.schema.find(relationName(range)));
    if (!this.#areAsKnown(ranges) || found.some(isChanged)) return;
    this.claims.push({
      probe: {
        sql: `SELECT EXISTS (${query}\n) AS broken`,
        question: 'whether its query has a row',
        mayRaise: false,
        finding: finding('WILL FAIL', texts),
      },
    });
  }

  #areAsKnown(ranges: readonly RangeVar[]): boolean {
    const isAsKnown = (relation: Relation) =>
      relation.live !== undefined &&
      [...relation.columns].every(([column, { live }]) => live === column);
    const found = ranges.map((range) => this.schema.find(relationName(range)));
    return (
      !this.schema.areLabelsChanged &&
      this.schema.isComplete &&
      found.every((each) => each && isAsKnown(each))
    );
  }

  /** The relation, when it is there; else says that the statement fails, unless it may be missing. */
  existing(name: string, what = 'relation', mayBeMissing = false): Relation | undefined {
    const found = this.schema.find(name);
    if (found === undefined && MADE.has(what) && this.schema.isMadeNowhere(name)) {
      if (!mayBeMissing)
        this.fails({
          rule: `no-${what.replaceAll(' ', '-')}`,
          text: `There is no ${what} ${name}: no statement before this one makes it.`,
          fix: `Name its schema as well where something else makes it.`,
        });
      return undefined;
    }
    if (found === null && !mayBeMissing)
      this.fails({ rule: `no-${what.replaceAll(' ', '-')}`, text: `There is no ${what} ${name}.` });
    return found === undefined
      ? this.schema.assume(name, KINDS[what] ?? 'r')
      : (found ?? undefined);
  }

  /** As `existing`, of a column; undefined as well where the columns are not known. */
  column(relation: Relation, name: string, mayBeMissing = false): ModelColumn | undefined {
    const column = relation.columns.get(name);
    if (!column && relation.isKnown && !mayBeMissing && !SYSTEM_COLUMNS.has(name)) {
      this.fails({ rule: 'no-column', text: `${relation.name} has no column ${name}.` });
    }
    return column;
  }

  #saysOfRows(verdict: Verdict, relation: Relation, texts: Texts): void {
    if (relation.isNew) return;
    const { live, changedBy, kind, name } = relation;
    const isAsked = live !== undefined && changedBy === undefined && (kind === 'r' || kind === 'p');
    if (!isAsked) {
      this.#say(verdict, texts);
      return;
    }
    this.claims.push({
      probe: {
        sql: `SELECT EXISTS (SELECT FROM ${live}) AS broken`,
        question: `whether ${name} holds a row`,
        mayRaise: false,
        isTakenFor: true,
        finding: finding(verdict, texts),
      },
    });
  }

  #say(verdict: Verdict, texts: Texts): void {
    this.claims.push({ finding: finding(verdict, texts) });
  }
}

/** What is made under its name, and by no other statement as well, as indexes and sequences are. */
const MADE: ReadonlySet<string> = new Set(['table', 'view', 'materialized view']);

/** `relkind`, where it is no table. */
const KINDS: Readonly<Record<string, string>> = {
  view: 'v',
  'materialized view': 'm',
  sequence: 'S',
  index: 'i',
};

const SYSTEM_COLUMNS = new Set(['ctid', 'tableoid', 'xmin', 'xmax', 'cmin', 'cmax']);

function finding(verdict: Verdict, { rule, text, fix }: Texts): Finding {
  return { verdict, rule, text, fix: fix ?? null };
}
