import type { AlterTableCmd, AlterTableType } from 'libpg-query';
import { allOf, asNode, type NodeOf, relationName } from '../parser/syntax-tree.js';
import { addedColumn } from './add-column.js';
import { attached, type Noun } from './attached.js';
import { changedType } from './change-type.js';
import { needsSequences, refuseOddDefault } from './column-defaults.js';
import { addedConstraint, holds, NOT_NULL_FIX, noNulls } from './constraints.js';
import { droppedColumn, droppedConstraint, noConstraint } from './drop-column.js';
import { beside } from './given-names.js';
import { addParent, removeParent } from './inheritance.js';
import type { Judgement } from './judgement.js';
import { type ModelColumn, needing, type Relation } from './relation.js';
import type { StatementPart } from './statement-parts.js';

/** Subcommands that neither lose rows, nor fail on them, nor are seen by running builds. */
const HARMLESS = new Set<AlterTableType>([
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetLogged',
  'AT_SetTableSpace',
  'AT_SetAccessMethod',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ReplicaIdentity',
  'AT_NoForceRowSecurity',
]);

/** Subcommands of which it cannot be said what they do to those who use the table. */
const UNCERTAIN: Readonly<Partial<Record<AlterTableType, string>>> = {
  AT_ChangeOwner: 'Whether running builds keep their rights',
  AT_AttachPartition: 'Whether every row is within the bounds of the partition',
  AT_AddInherit: 'Whether the columns are those of the parent',
  AT_DropInherit: 'Whether running builds look for its rows in the parent',
  AT_DisableRowSecurity: 'Who sees more rows from then on',
};

/** ALTER TABLE, ALTER INDEX, ALTER VIEW */
export function alteredTable(judgement: Judgement, node: NodeOf<'AlterTableStmt'>): void {
  if (!node.relation) return;
  const name = relationName(node.relation);
  const found = judgement.existing(name, nounOf(node.objtype), node.missing_ok);
  if (!found) return;
  const commands = allOf(node.cmds, 'AlterTableCmd');
  const parts = judgement.parts.length === commands.length ? judgement.parts : [];
  // As the server does, whatever their order: what is dropped goes first, constraints come last.
  const ordered = commands.map((command, place) => ({ command, part: parts[place] }));
  ordered.sort((one, other) => passOf(one.command) - passOf(other.command));
  if (node.objtype === 'OBJECT_TYPE' && !found.isNew)
    judgement.notJudged('alter-type', `Whether running builds bear the other ${name}.`);
  found.isAlone = node.relation.inh !== true;
  for (const { command, part } of ordered) subcommand(judgement, found, command, part);
  found.isAlone = false;
}

function passOf({ subtype, def }: AlterTableCmd): number {
  if (subtype === 'AT_ColumnDefault' && !def) return DROPS;
  const pass = PASSES.findIndex((types) => subtype && types.includes(subtype));
  return pass < 0 ? OTHERS : pass;
}

const PASSES: readonly (readonly AlterTableType[])[] = [
  ['AT_DropColumn', 'AT_DropConstraint'],
  ['AT_AlterColumnType'],
  ['AT_AddColumn'],
  [],
  ['AT_AddConstraint'],
];
const DROPS = 0;
const OTHERS = 3;

function nounOf(type: NodeOf<'AlterTableStmt'>['objtype']): string {
  const noun = type?.slice('OBJECT_'.length).toLowerCase().replaceAll('_', ' ') ?? 'table';
  return noun === 'matview' ? 'materialized view' : noun;
}

function subcommand(
  judgement: Judgement,
  relation: Relation,
  command: AlterTableCmd,
  part: StatementPart | undefined,
): void {
  const { subtype, name = '', def, missing_ok: mayBeMissing = false } = command;
  const table = relation.name;
  switch (subtype) {
    case 'AT_AddColumn': {
      const definition = asNode(def, 'ColumnDef');
      if (definition)
        addedColumn(judgement, relation, definition, { mayBeThere: mayBeMissing, part });
      return;
    }
    case 'AT_DropColumn':
      droppedColumn(judgement, relation, command);
      return;
    case 'AT_AlterColumnType':
      changedType(judgement, relation, command, part);
      return;
    case 'AT_SetNotNull': {
      const column = judgement.column(relation, name);
      if (column?.notNull === true) return;
      noNulls(judgement, relation, name);
      if (!relation.isNew)
        judgement.breaks({
          rule: 'set-not-null',
          text: `Running builds may write rows to ${table} without ${name}.`,
          fix: NOT_NULL_FIX,
        });
      change(relation, name, { notNull: true });
      return;
    }
    case 'AT_DropNotNull': {
      const key = [...relation.constraints.values()].find(({ type }) => type === 'p');
      if (judgement.column(relation, name) && key?.columns.includes(name))
        judgement.fails({
          rule: 'in-primary-key',
          text: `${name} is in the primary key of ${table}.`,
        });
      if (!relation.isNew)
        judgement.breaks({
          rule: 'drop-not-null',
          text: `Running builds may read a row of ${table} without ${name}, once a new one has written it.`,
          fix: `Write no NULL before the last old build is gone.`,
        });
      change(relation, name, { notNull: false });
      return;
    }
    case 'AT_ColumnDefault': {
      const column = judgement.column(relation, name);
      if (
        !def &&
        !relation.isNew &&
        column?.live !== undefined &&
        column.notNull &&
        column.hasDefault
      )
        judgement.breaks({
          rule: 'drop-default',
          text: `Running builds may leave out ${name} of ${table}, which is NOT NULL and loses its default.`,
          fix: 'Drop the default when every build writes the column.',
        });
      if (column && def) refuseOddDefault(judgement, relation, column, { name, def });
      change(relation, name, { hasDefault: def !== undefined, isDefaultChanged: true });
      if (def) needsSequences(judgement, relation, name, def);
      return;
    }
    case 'AT_AddConstraint': {
      const constraint = asNode(def, 'Constraint');
      if (constraint) addedConstraint(judgement, relation, constraint, part);
      return;
    }
    case 'AT_ValidateConstraint': {
      const constraint = relation.constraints.get(name);
      if (!constraint && relation.isKnown) noConstraint(judgement, table, name);
      if (!constraint || constraint.valid) return;
      if (constraint.type === 'n')
        noNulls(
          judgement,
          { ...relation, columns: nullable(relation, constraint.columns) },
          constraint.columns[0] ?? '',
        );
      else if (constraint.type === 'c' && constraint.check === null && !relation.isNew)
        judgement.notJudged('check-not-met', `Whether every row of ${table} meets ${name}.`);
      else holds(judgement, relation, constraint, name);
      relation.constraints.set(name, { ...constraint, valid: true });
      return;
    }
    case 'AT_DropConstraint':
      droppedConstraint(judgement, relation, command);
      return;
    case 'AT_AlterConstraint': {
      const changed = asNode(def, 'ATAlterConstraint');
      if (!relation.constraints.has(changed?.conname ?? '') && relation.isKnown)
        noConstraint(judgement, table, changed?.conname ?? '');
      const altered = relation.constraints.get(changed?.conname ?? '');
      if (altered && changed?.alterDeferrability && altered.type !== 'f')
        judgement.fails({
          rule: 'no-foreign-key',
          text: `${changed.conname ?? 'It'} is no foreign key: the others are made anew to be deferrable.`,
        });
      if (changed?.alterEnforceability && changed.is_enforced)
        judgement.notJudged(
          'check-not-met',
          `Whether every row of ${table} meets ${changed.conname ?? 'it'}.`,
        );
      return;
    }
    case 'AT_AddIdentity':
    case 'AT_SetIdentity': {
      const column = judgement.column(relation, name);
      if (subtype === 'AT_AddIdentity' && column && !column.notNull)
        judgement.fails({
          rule: 'identity-needs-not-null',
          text: `${table}.${name} can be an identity column only when it is NOT NULL.`,
        });
      if (!relation.isNew)
        judgement.breaks({
          rule: 'identity',
          text: `Running builds may give ${name} of ${table} a value of their own, which an identity column that is GENERATED ALWAYS refuses.`,
          fix: 'GENERATED BY DEFAULT AS IDENTITY takes values as well.',
        });
      change(relation, name, { identity: true });
      return;
    }
    case 'AT_DropIdentity':
    case 'AT_DropExpression': {
      const column = judgement.column(relation, name, mayBeMissing);
      if (!relation.isNew)
        judgement.breaks({
          rule: subtype === 'AT_DropIdentity' ? 'drop-identity' : 'drop-expression',
          text: `Running builds leave ${name} of ${table} to the database, which no longer fills it.`,
          fix: 'Have every build write it first.',
        });
      if (column) change(relation, name, { identity: false, generated: false });
      return;
    }
    case 'AT_SetExpression':
      judgement.column(relation, name);
      if (!relation.isNew)
        judgement.notJudged(
          'set-expression',
          `Whether running builds, and all rows, bear the new ${name} of ${table}.`,
        );
      change(relation, name, { written: true });
      return;
    case 'AT_SetUnLogged':
      if (!relation.isNew)
        judgement.destroys({
          rule: 'set-unlogged',
          text: `A crash of the server empties ${table} from then on, and no standby has it.`,
        });
      refuseReferred(judgement, relation);
      return;
    case 'AT_EnableRowSecurity':
    case 'AT_ForceRowSecurity':
      if (!relation.isNew)
        judgement.breaks({
          rule: 'row-security',
          text: `Running builds see, and may write, only the rows of ${table} that a policy grants them.`,
          fix: 'Create the policies that the running builds need first.',
        });
      return;
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize': {
      const child = asNode(def, 'PartitionCmd')?.name;
      const partition = child && judgement.existing(relationName(child), 'table');
      if (asNode(def, 'PartitionCmd')?.concurrent === true && relation.hasDefaultPartition)
        judgement.fails({
          rule: 'default-partition',
          text: `${table} has a default partition: none can be detached CONCURRENTLY.`,
          fix: 'Detach the default partition first, or leave out CONCURRENTLY.',
        });
      if (partition) removeParent(partition, relation);
      if (!relation.isNew)
        judgement.breaks({
          rule: 'detach-partition',
          text: `Running builds no longer find the rows of ${child ? relationName(child) : 'the partition'} in ${table}.`,
        });
      return;
    }
    default:
      other(judgement, relation, command);
  }
}

/** Subcommands that turn on or off what has a name on the table. */
const SWITCHED: Readonly<Partial<Record<AlterTableType, Noun>>> = {
  AT_EnableTrig: 'trigger',
  AT_EnableAlwaysTrig: 'trigger',
  AT_EnableReplicaTrig: 'trigger',
  AT_DisableTrig: 'trigger',
  AT_EnableRule: 'rule',
  AT_EnableAlwaysRule: 'rule',
  AT_EnableReplicaRule: 'rule',
  AT_DisableRule: 'rule',
};

/** The server's own triggers, which are not looked up. */
const OF_SERVER = 'RI_ConstraintTrigger_';

function other(
  judgement: Judgement,
  relation: Relation,
  { subtype, name, def }: AlterTableCmd,
): void {
  if (subtype === undefined || HARMLESS.has(subtype)) return;
  const noun = SWITCHED[subtype];
  if (noun && name !== undefined && !name.startsWith(OF_SERVER))
    attached(judgement, relation, noun, name);
  const uncertain = UNCERTAIN[subtype];
  const range = asNode(def, 'PartitionCmd')?.name ?? asNode(def, 'RangeVar');
  const named = range && judgement.existing(relationName(range), 'table');
  if (named && subtype === 'AT_AttachPartition') {
    addParent(named, relation, true);
    judgement.schema.addUnsure(beside(named.name));
  }
  if (named && subtype === 'AT_AddInherit') addParent(relation, named, false);
  if (named && subtype === 'AT_DropInherit') removeParent(relation, named);
  if (relation.isNew || (range && !named)) return;
  const words = subtype
    .slice('AT_'.length)
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();
  judgement.notJudged(words, `${uncertain ?? `What ${words} does`}: ${relation.name}.`);
}

/** Tables that last refer to no table that does not. */
function refuseReferred(judgement: Judgement, relation: Relation): void {
  const { name } = relation;
  const key = needing(relation).find(({ what }) => what.startsWith('foreign key '));
  if (key)
    judgement.failsInDatabase(`whether ${key.what} is of a table that is logged`, [
      {
        rule: 'referred-to',
        text: `The ${key.what} refers to ${name}, which can be made UNLOGGED only after that table.`,
        sql: `SELECT EXISTS (SELECT FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
                WHERE k.contype = 'f' AND k.confrelid = to_regclass('${name.replaceAll("'", "''")}')
                  AND k.conrelid <> k.confrelid AND c.relpersistence = 'p') AS broken`,
      },
    ]);
}

function change(relation: Relation, name: string, to: Partial<ModelColumn>): void {
  const column = relation.columns.get(name);
  if (column) relation.columns.set(name, { ...column, ...to });
}

function nullable({ columns }: Relation, names: readonly string[]): Map<string, ModelColumn> {
  return new Map(
    [...columns].map(([name, column]) => [
      name,
      names.includes(name) ? { ...column, notNull: false } : column,
    ]),
  );
}
