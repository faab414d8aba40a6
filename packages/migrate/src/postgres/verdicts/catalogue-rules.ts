import {
  allOf,
  asNode,
  functionsIn,
  nameOf,
  type NodeOf,
  type NodeType,
  partsOf,
  relationName,
  textsOf,
} from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';
import { textSql } from './statement-parts.js';

type Rules = {
  readonly [Type in NodeType]?: (judgement: Judgement, node: NodeOf<Type>) => void;
};

/** Says what the catalogue alone shows to fail; asked before what the statement makes is remembered. */
export function judgeByCatalogue(judgement: Judgement): void {
  const { node, type } = judgement.statement;
  const rule = RULES[type] as ((judgement: Judgement, node: unknown) => void) | undefined;
  rule?.(judgement, (node as Record<string, unknown>)[type]);
}

/** What is dropped by which word: `relkind`. */
const KINDS: Readonly<Partial<Record<string, readonly [kinds: string, noun: string]>>> = {
  OBJECT_TABLE: ['rp', 'table'],
  OBJECT_VIEW: ['v', 'view'],
  OBJECT_MATVIEW: ['m', 'materialized view'],
  OBJECT_SEQUENCE: ['S', 'sequence'],
  OBJECT_INDEX: ['iI', 'index'],
  OBJECT_FOREIGN_TABLE: ['f', 'foreign table'],
};

const ROUTINES: Readonly<Partial<Record<string, string>>> = {
  OBJECT_FUNCTION: 'function',
  OBJECT_PROCEDURE: 'procedure',
  OBJECT_ROUTINE: 'routine',
};

function dropped(judgement: Judgement, node: NodeOf<'DropStmt'>): void {
  const { removeType = '', objects = [], missing_ok: mayBeMissing } = node;
  const [kinds, noun] = KINDS[removeType] ?? [];
  for (const object of kinds === undefined ? [] : objects) {
    const name = nameOf(partsOf(object));
    const found = judgement.schema.find(name);
    if (found && found.kind !== '' && !kinds?.includes(found.kind))
      judgement.fails({
        rule: 'wrong-kind',
        text: `${name} is no ${noun}.`,
        fix: 'DROP names the kind of what it drops.',
      });
  }
  const routine = ROUTINES[removeType];
  if (routine === undefined || mayBeMissing) return;
  for (const object of objects) {
    const parts = textsOf(asNode(object, 'ObjectWithArgs')?.objname);
    const name = parts.at(-1) ?? '';
    if (!judgement.schema.isNewName(name))
      judgement.failsInDatabase(`whether there is a ${routine} ${name}`, [
        {
          rule: `no-${routine}`,
          text: `There is no ${routine} ${parts.join('.')}.`,
          sql: `SELECT NOT EXISTS (SELECT FROM pg_proc WHERE proname = ${textSql(name)}) AS broken`,
        },
      ]);
  }
}

function grants(judgement: Judgement, names: readonly string[]): void {
  for (const name of names.filter((each) => !judgement.schema.isNewName(each)))
    judgement.failsInDatabase(`whether there is a role ${name}`, [
      {
        rule: 'no-role',
        text: `There is no role ${name}.`,
        fix: 'Roles are the same for all databases of a server: whoever provides it makes them.',
        sql: `SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${textSql(name)}) AS broken`,
      },
    ]);
}

function rolesOf(grantees: NodeOf<'GrantStmt'>['grantees']): readonly string[] {
  return allOf(grantees, 'RoleSpec').flatMap(({ roletype, rolename }) =>
    roletype === 'ROLESPEC_CSTRING' && rolename !== undefined ? [rolename] : [],
  );
}

function anything({ schema }: Judgement): void {
  schema.addUnknownNames();
}

const RULES: Rules = {
  CallStmt: anything,
  CreateExtensionStmt: anything,
  DoStmt: anything,
  CreateFunctionStmt: (judgement, { funcname }) => {
    judgement.schema.addName(textsOf(funcname).at(-1) ?? '');
  },
  CreateRoleStmt: (judgement, { role = '' }) => {
    judgement.schema.addName(role);
  },
  DropStmt: dropped,
  GrantRoleStmt: (judgement, { grantee_roles: grantees }) => {
    grants(judgement, rolesOf(grantees));
  },
  GrantStmt: (judgement, { grantees }) => {
    grants(judgement, rolesOf(grantees));
  },
  IndexStmt: (judgement, { relation, concurrent }) => {
    const table = relation && judgement.schema.find(relationName(relation));
    if (table?.kind === 'p' && concurrent === true)
      judgement.fails({
        rule: 'concurrently-on-partitioned',
        text: `${table.name} is partitioned: no index of it is made CONCURRENTLY.`,
        fix: 'Make it ON ONLY the table, CONCURRENTLY on each partition, and attach these.',
      });
  },
  SelectStmt: (judgement, node) => {
    if (!judgement.isHarmless(functionsIn(node))) judgement.schema.addUnknownNames();
  },
  RefreshMatViewStmt: (judgement, { relation, concurrent }) => {
    const view = relation && judgement.schema.find(relationName(relation));
    const keys = [...(view?.indexes.values() ?? [])].filter(
      ({ unique, valid, columns }) => unique && valid && columns !== null,
    );
    if (view?.live !== undefined && concurrent === true && keys.length === 0)
      judgement.fails({
        rule: 'no-unique-key',
        text: `${view.name} has no unique index of columns, and of all rows, to be refreshed CONCURRENTLY by.`,
        fix: 'Make the unique index first.',
      });
  },
  VariableSetStmt: (judgement, { name = '', kind }) => {
    // With a dot it is anybody's; several at once are those of a transaction.
    if (name === '' || name.includes('.') || kind === 'VAR_SET_MULTI' || kind === 'VAR_RESET_ALL')
      return;
    judgement.failsInDatabase(`whether there is a setting ${name}`, [
      {
        rule: 'no-setting',
        text: `There is no setting ${name}.`,
        sql: `SELECT current_setting(${textSql(name)}, true) IS NULL AS broken`,
      },
    ]);
  },
};
