import { ReasonError } from '../../reasons.js';
import { idOf, type Migration, NO_STATEMENT } from '../../migration.js';
import { invalidMigration, type Statement } from '../parser/statements.js';
import { allOf, asNode, type NodeOf, type NodeType } from '../parser/syntax-tree.js';
import { hasOption } from '../locks/maintenance-locks.js';

const BY_NAME = 'by its name it is found again when its build is cut short';
const NO_TRANSACTION = 'begin the file with -- holdfast: no-transaction';

/**
 * Refuses what `up` cannot run as it stands.
 * @throws MIGRATION_INVALID:<store>:<version> for a file without a statement, transaction control and COPY FROM STDIN; in a
 * transaction, for a statement that PostgreSQL runs only outside of one; without a transaction, for a
 * second statement and for an index without a name
 */
export function refuseUnrunnable(migration: Migration, statements: readonly Statement[]): void {
  if (statements.length === 0) throw invalidMigration(migration, 1, NO_STATEMENT);
  for (const { line, type, text, node } of statements) {
    if (type === 'TransactionStmt') {
      const own = migration.transactional
        ? 'a migration is one transaction already'
        : 'a migration without a transaction is one statement';
      throw invalidMigration(migration, line, `${firstWords(text)}: ${own}`);
    }
    if ('CopyStmt' in node && readsClient(node.CopyStmt)) {
      const reason = `${firstWords(text)}: a migration has no data to send`;
      throw invalidMigration(migration, line, `${reason}: write INSERT ... VALUES`);
    }
    if (migration.transactional && needsNoTransaction(node)) {
      const reason = `${firstWords(text)} cannot run in a transaction`;
      throw invalidMigration(migration, line, `${reason}: ${NO_TRANSACTION}`);
    }
    if ('IndexStmt' in node && node.IndexStmt.concurrent && node.IndexStmt.idxname === undefined) {
      throw invalidMigration(
        migration,
        line,
        `${firstWords(text)} has to name the index: ${BY_NAME}`,
      );
    }
  }
  const second = statements[1];
  if (!migration.transactional && second) {
    const next = `put ${firstWords(second.text)} into the migration after ${idOf(migration)}`;
    throw invalidMigration(
      migration,
      second.line,
      `a migration without a transaction is one statement: ${next}`,
    );
  }
}

/** @throws MIGRATION_REQUIRES_SESSION for one without a transaction, through a pooler */
export function refusePooled(migrations: readonly Migration[]): void {
  const found = migrations.find(({ transactional }) => !transactional);
  if (!found) return;
  throw new ReasonError('MIGRATION_REQUIRES_SESSION', {
    detail: `${found.store} ${idOf(found)} cannot run in a transaction, and the connection goes through a pooler`,
  });
}

type Rules = { readonly [Type in NodeType]?: (node: NodeOf<Type>) => boolean };

const always = (): boolean => true;

/** PostgreSQL's calls of `PreventInTransactionBlock`. */
const RULES: Rules = {
  AlterDatabaseStmt: ({ options }) =>
    allOf(options, 'DefElem').some(({ defname }) => defname === 'tablespace'),
  AlterSystemStmt: always,
  AlterTableStmt: ({ cmds }) =>
    allOf(cmds, 'AlterTableCmd').some(
      ({ subtype, def }) =>
        subtype === 'AT_DetachPartition' && asNode(def, 'PartitionCmd')?.concurrent === true,
    ),
  ClusterStmt: ({ relation }) => relation === undefined,
  CreatedbStmt: always,
  CreateSubscriptionStmt: ({ options }) =>
    !['connect', 'create_slot'].some((name) => isOff(options, name)),
  CreateTableSpaceStmt: always,
  DiscardStmt: ({ target }) => target === 'DISCARD_ALL',
  DropdbStmt: always,
  DropStmt: ({ concurrent }) => concurrent === true,
  DropTableSpaceStmt: always,
  IndexStmt: ({ concurrent }) => concurrent === true,
  ReindexStmt: ({ kind, params }) =>
    hasOption(params, 'concurrently') ||
    kind === 'REINDEX_OBJECT_SCHEMA' ||
    kind === 'REINDEX_OBJECT_DATABASE' ||
    kind === 'REINDEX_OBJECT_SYSTEM',
  VacuumStmt: ({ is_vacuumcmd }) => is_vacuumcmd === true,
};

function needsNoTransaction(node: Statement['node']): boolean {
  const [type, inner] = Object.entries(node)[0] as [NodeType, unknown];
  return (RULES[type] as ((inner: unknown) => boolean) | undefined)?.(inner) ?? false;
}

function readsClient({ is_from, filename }: NodeOf<'CopyStmt'>): boolean {
  return is_from === true && filename === undefined;
}

function isOff(options: NodeOf<'CreateSubscriptionStmt'>['options'], name: string): boolean {
  const named = allOf(options, 'DefElem').some(({ defname }) => defname === name);
  return named && !hasOption(options, name);
}

function firstWords(text: string): string {
  const words = text.split(/\s+/);
  return words.length > 5 ? `${words.slice(0, 5).join(' ')} ...` : words.join(' ');
}
