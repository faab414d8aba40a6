import { userFunctions } from '../locks/row-locks.js';
import type { TableSizes } from '../locks/table-sizes.js';
import type { Statement } from '../parser/statements.js';
import {
  allOf,
  asNode,
  functionsIn,
  type NodeOf,
  type NodeType,
  rangesIn,
  relationName,
} from '../parser/syntax-tree.js';
import { alteredTable } from './alter-table.js';
import type { Tried } from '../trial/tried.js';
import { alteredPolicy, createdPolicy, createdRule, createdTrigger } from './attached.js';
import type { Catalogue } from './catalogue.js';
import { judgeByCatalogue } from './catalogue-rules.js';
import { commented } from './comments.js';
import * as create from './create.js';
import { alteredDomain } from './domains.js';
import { droppedObjects, truncated } from './drop.js';
import { alteredSequence, setsSequence } from './sequences.js';
import { type Claim, Judgement } from './judgement.js';
import { movedToSchema, renamed } from './rename.js';
import { refuseNewLabels } from './new-labels.js';
import { copiedRows, deletedRows, insertedRows, mergedRows, updatedRows } from './rows.js';
import { refuseSamples } from './samples.js';
import { SchemaModel } from './schema-model.js';
import type { StatementPart } from './statement-parts.js';

/** What is known beside the statements. */
export interface Known extends Pick<TableSizes, 'functions' | 'domains'> {
  /** Of the database; without one, all that is known is what the statements make. */
  readonly catalogue: Catalogue | undefined;
  /** Without a catalogue, the tables that other files make. */
  readonly elsewhere?: ReadonlySet<string>;
  readonly parts: ReadonlyMap<Statement, readonly StatementPart[]>;
  /** What a trial has found out; none without a database. */
  readonly tried?: ReadonlyMap<Statement, Tried>;
}

type Rules = {
  readonly [Type in NodeType]?: (judgement: Judgement, node: NodeOf<Type>) => void;
};

/** The kinds of statement that are judged. */
export function judgedTypes(): readonly string[] {
  return Object.keys(RULES);
}

/** Judges statements in the order in which they would run, each by what those before it have made. */
export class Judge {
  readonly #schema: SchemaModel;

  constructor(private readonly known: Known) {
    this.#schema = new SchemaModel(known.catalogue, known.elsewhere);
  }

  /** @param migration all statements that are committed with it */
  judge(statement: Statement, migration: readonly Statement[] = [statement]): readonly Claim[] {
    const { node, type } = statement;
    const parts = this.known.parts.get(statement) ?? [];
    const tried = this.known.tried?.get(statement);
    const judgement = new Judgement(statement, migration, this.#schema, parts, this.known, tried);
    judgeByCatalogue(judgement);
    const rule = RULES[type] as ((judgement: Judgement, node: unknown) => void) | undefined;
    if (!rule) {
      judgement.notJudged('unknown-statement', `What ${type} does is not known.`);
      this.mayHaveMade();
      return judgement.claims;
    }
    if (READING.includes(type)) {
      refuseMissing(judgement);
      refuseSamples(judgement, node);
    }
    const inner = (node as Record<string, unknown>)[type];
    rule(judgement, inner);
    for (const nested of CHANGING.includes(type) ? changesWithin(inner) : []) {
      const [kind, change] = Object.entries(nested)[0] as [(typeof CHANGES)[number], never];
      RULES[kind]?.(judgement, change);
    }
    refuseNewLabels(judgement);
    if (CALLING.includes(type)) {
      const called = userFunctions(node, { relations: {}, ...this.known });
      if (called.length > 0)
        judgement.notJudged('calls-functions', `What ${called.join(', ')} does is not known.`);
    }
    const isUnseen = judgement.claims.some(({ finding }) => UNSEEN.has(finding?.rule ?? ''));
    if (isUnseen || type === 'CreateExtensionStmt' || functionsIn(node).includes('set_config'))
      this.mayHaveMade();
    return judgement.claims;
  }

  /** Tables that no statement shows may be there from now on. */
  mayHaveMade(): void {
    this.#schema.addUnseen();
  }

  /** Of these names, the tables that are known, as the rules of locks take them; without their sizes. */
  relations(names: readonly string[]): TableSizes['relations'] {
    return this.#schema.sizes(names);
  }

  /** Whether a statement since the last `settle` has made it. */
  isNew(name: string): boolean {
    return this.#schema.find(name)?.isNew === true;
  }

  /** The statements that come next are of the next migration. */
  commit(): void {
    this.#schema.commit();
  }

  /** The statements that come next are of a later deployment: what has been made is in use. */
  settle(): void {
    this.#schema.settle();
  }
}

/** Rules that say that what a statement makes, or what is found after it, cannot be known. */
const UNSEEN: ReadonlySet<string> = new Set([
  'calls-functions',
  'do-block',
  'explain-analyze',
  'schema-elements',
  'set',
]);

/** Statements that read the relations that they name. */
const READING: readonly NodeType[] = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'ViewStmt',
  'CreateTableAsStmt',
];

/** Statements that may have others, which write, within them. */
const CHANGING: readonly NodeType[] = [...READING, 'CopyStmt'];

const CHANGES = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;

/** What is written within WITH. */
function changesWithin(tree: unknown): readonly object[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const own = CHANGES.some((type) => type in tree) ? [tree] : [];
  return [...own, ...Object.values(tree).flatMap(changesWithin)];
}

const CALLING: readonly NodeType[] = [...READING, 'CallStmt'];

function refuseMissing(judgement: Judgement): void {
  const { node } = judgement.statement;
  const made = [
    asNode(node, 'ViewStmt')?.view,
    asNode(node, 'CreateTableAsStmt')?.into?.rel,
    asNode(node, 'SelectStmt')?.intoClause?.rel,
  ];
  // What is written to is looked for by the rule.
  const inner = Object.values(node)[0] as { relation?: unknown };
  const aliases: readonly string[] = JSON.stringify(node).match(/(?<="aliasname":)"[^"]*"/g) ?? [];
  for (const range of rangesIn(node))
    if (
      !made.includes(range) &&
      range !== inner.relation &&
      !aliases.includes(JSON.stringify(range.relname))
    )
      judgement.existing(relationName(range), 'table');
}

const nothing = (): void => undefined;

const RULES: Rules = {
  AlterDefaultPrivilegesStmt: nothing,
  AlterDomainStmt: alteredDomain,
  AlterEnumStmt: create.alteredEnum,
  AlterObjectSchemaStmt: movedToSchema,
  AlterPolicyStmt: alteredPolicy,
  AlterSeqStmt: alteredSequence,
  AlterTableStmt: alteredTable,
  CallStmt: nothing,
  CheckPointStmt: nothing,
  ClusterStmt: (judgement, { relation }) => {
    if (relation) judgement.existing(relationName(relation), 'table');
  },
  CommentStmt: commented,
  CompositeTypeStmt: (judgement, { typevar }) => {
    if (typevar) judgement.schema.addType(typevar.relname ?? '');
  },
  CopyStmt: copiedRows,
  CreateDomainStmt: (judgement, { domainname }) => {
    create.createdType(judgement, domainname);
  },
  CreateEnumStmt: (judgement, { typeName, vals }) => {
    create.createdType(judgement, typeName, vals);
  },
  CreateExtensionStmt: create.createdExtension,
  CreateFunctionStmt: (judgement, { replace, funcname }) => {
    const name = funcname?.map((part) => asNode(part, 'String')?.sval ?? '').join('.') ?? '';
    if (replace)
      judgement.notJudged(
        'replace-function',
        `Whether running builds bear what ${name}() does from then on.`,
      );
  },
  CreatePolicyStmt: createdPolicy,
  CreateRangeStmt: (judgement, { typeName }) => {
    create.createdType(judgement, typeName);
  },
  CreateSchemaStmt: create.createdSchema,
  CreateSeqStmt: create.createdSequence,
  CreateStatsStmt: (judgement, { relations }) => {
    for (const range of allOf(relations, 'RangeVar'))
      judgement.existing(relationName(range), 'table');
  },
  CreateStmt: create.createdTable,
  CreateTableAsStmt: create.createdAs,
  CreateTrigStmt: createdTrigger,
  DeleteStmt: deletedRows,
  DoStmt: (judgement) => {
    judgement.notJudged('do-block', 'What a DO block does is not looked into.');
  },
  DropdbStmt: (judgement, { dbname = '' }) => {
    judgement.destroys({ rule: 'drop-database', text: `Drops the database ${dbname}.` });
    judgement.breaks({ rule: 'drop-database', text: `Running builds may use ${dbname}.` });
  },
  DropOwnedStmt: (judgement) => {
    judgement.destroys({
      rule: 'drop-owned',
      text: 'Drops all that these roles own in the database, and their rights.',
      fix: 'Drop what is to go by its name.',
    });
    judgement.breaks({ rule: 'drop-owned', text: 'Running builds may use what is dropped.' });
  },
  DropStmt: droppedObjects,
  ExplainStmt: (judgement, { query, options }) => {
    const analyses = allOf(options, 'DefElem').some(({ defname }) => defname === 'analyze');
    if (query && analyses && !asNode(query, 'SelectStmt'))
      judgement.notJudged('explain-analyze', 'EXPLAIN ANALYZE runs what it explains.');
  },
  GrantStmt: (judgement, { is_grant: grants }) => {
    if (!grants)
      judgement.breaks({
        rule: 'revoke',
        text: 'Running builds may need the right that is taken away.',
        fix: 'Take it away when no build uses it.',
      });
  },
  IndexStmt: create.createdIndex,
  InsertStmt: insertedRows,
  LockStmt: (judgement, { relations }) => {
    for (const range of allOf(relations, 'RangeVar'))
      judgement.existing(relationName(range), 'table');
  },
  MergeStmt: mergedRows,
  RefreshMatViewStmt: (judgement, { relation }) => {
    if (relation) judgement.existing(relationName(relation), 'materialized view');
  },
  ReindexStmt: (judgement, { relation, kind }) => {
    if (relation)
      judgement.existing(
        relationName(relation),
        kind === 'REINDEX_OBJECT_INDEX' ? 'index' : 'table',
      );
  },
  RenameStmt: renamed,
  RuleStmt: createdRule,
  SelectStmt: (judgement, { intoClause }) => {
    setsSequence(judgement);
    if (intoClause) create.createdAs(judgement, { into: intoClause });
  },
  // Refused before anything is run.
  TransactionStmt: nothing,
  TruncateStmt: truncated,
  UpdateStmt: updatedRows,
  VacuumStmt: (judgement, { rels }) => {
    for (const { relation } of allOf(rels, 'VacuumRelation'))
      if (relation) judgement.existing(relationName(relation), 'table');
  },
  VariableSetStmt: (judgement, { name = '', kind }) => {
    if (kind === 'VAR_RESET_ALL')
      judgement.notJudged('set', 'What the statements after it find, once all settings are reset.');
    if (['search_path', 'role', 'session_authorization'].includes(name))
      judgement.notJudged('set', `What the statements after it find, once ${name} is set.`);
  },
  ViewStmt: create.createdView,
};
