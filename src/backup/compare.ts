import { ReasonError } from './backup.reasons.js';
import type { BackedUpDatabase } from './manifest.js';

/** What is compared of a database and its restore. */
export type Compared = Pick<BackedUpDatabase, 'tables' | 'definitions' | 'ledger'> & {
  /** Compared where both have them. */
  readonly properties?: Digests | undefined;
  readonly subscriptions?: Digests | undefined;
};

type Digests = Readonly<Record<string, string>>;

/** So many differences are named. */
const MOST_NAMED = 10;

/**
 * @param sameServer whether both are of one version: others write definitions in other words
 * @throws RESTORE_MISMATCH, naming what differs
 */
export function refuseDifferences(backup: Compared, restored: Compared, sameServer: boolean): void {
  const found = [
    ...tableDifferences(backup, restored),
    ...(JSON.stringify(backup.ledger) === JSON.stringify(restored.ledger)
      ? []
      : ['the ledger of migrations differs']),
    ...(sameServer ? new Set(definitionDifferences(backup, restored)) : []),
  ];
  if (found.length === 0) return;
  const more = found.length > MOST_NAMED ? `; and ${found.length - MOST_NAMED} more` : '';
  throw new ReasonError('RESTORE_MISMATCH', {
    detail: `${found.slice(0, MOST_NAMED).join('; ')}${more}`,
  });
}

function tableDifferences(backup: Compared, restored: Compared): readonly string[] {
  const others = new Map(restored.tables.map((each) => [nameOf(each), each]));
  const expected = new Set(backup.tables.map(nameOf));
  return [
    ...backup.tables.flatMap((table) => {
      const name = nameOf(table);
      const other = others.get(name);
      if (!other) return [`the table ${name} is missing`];
      if (other.rows !== table.rows) return [`${name} has ${other.rows} rows, not ${table.rows}`];
      return other.digest === table.digest ? [] : [`the rows of ${name} differ`];
    }),
    ...[...others.keys()]
      .filter((name) => !expected.has(name))
      .map((name) => `the table ${name} is extra`),
  ];
}

function definitionDifferences(backup: Compared, restored: Compared): readonly string[] {
  return [
    ...digestDifferences(backup.definitions, restored.definitions),
    ...(backup.properties && restored.properties
      ? digestDifferences(backup.properties, restored.properties)
      : []),
    ...(backup.subscriptions && restored.subscriptions
      ? digestDifferences(backup.subscriptions, restored.subscriptions)
      : []),
  ];
}

function digestDifferences(backup: Digests, restored: Digests): readonly string[] {
  const names = [...new Set([...Object.keys(backup), ...Object.keys(restored)])];
  return names
    .filter((name) => backup[name] !== restored[name])
    .map(
      (name) =>
        `${name} ${name in restored ? (name in backup ? 'differs' : 'is extra') : 'is missing'}`,
    );
}

function nameOf({ schema, name }: Compared['tables'][number]): string {
  return `${schema}.${name}`;
}
