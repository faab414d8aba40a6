import { describe, expect, it } from '@jest/globals';
import type { ConstraintKind, Table } from '@holdfast/migrate/schema/schema';
import { registeredStores } from '../../src/stores/registry.js';
import { migratedSchema } from '../support/migrated-schema.js';

/** What a type of PostgreSQL is on SQLite; times are texts in a fixed form, documents JSON texts. */
const SQLITE_TYPES: Readonly<Record<string, string>> = {
  text: 'TEXT',
  json: 'TEXT',
  'timestamp with time zone': 'TEXT',
  integer: 'INTEGER',
  bigint: 'INTEGER',
  boolean: 'INTEGER',
  'double precision': 'REAL',
};

const sorted = (texts: Iterable<string>) => [...texts].toSorted();

function constraints({ constraints: all }: Table, kind: ConstraintKind): readonly string[] {
  const some = [...all.values()].filter((constraint) => constraint.kind === kind);
  return sorted(some.map(({ definition }) => definition));
}

/** CHECKs of SQLite that stand for the type `boolean`. */
function booleanChecks({ columns }: Table): readonly string[] {
  const booleans = [...columns].filter(([, { type }]) => type === 'boolean');
  return sorted(booleans.map(([name]) => `CHECK (${name} in (0, 1))`));
}

describe.each(registeredStores.map(({ name }) => name))('the migrated schema of %s', (store) => {
  it('is the same on both dialects', async () => {
    const [postgres, sqlite] = [
      await migratedSchema(store, 'POSTGRES'),
      await migratedSchema(store, 'SQLITE'),
    ];
    expect(postgres.size).toBeGreaterThan(0);
    expect(sorted(sqlite.keys())).toEqual(sorted(postgres.keys()));
    for (const [name, one] of postgres) {
      const other = sqlite.get(name);
      if (!other) throw new Error(`${name} is missing`);
      const columnsOf = ({ columns }: Table, typeOf: (type: string) => string | undefined) =>
        [...columns].map(([column, { type, nullability, default: value }]) => ({
          column: `${name}.${column}`,
          type: typeOf(type),
          nullability,
          value,
        }));
      expect(columnsOf(other, (type) => type)).toEqual(
        columnsOf(one, (type) => SQLITE_TYPES[type]),
      );
      for (const kind of ['primary key', 'unique constraint', 'foreign key'] as const) {
        expect([name, constraints(other, kind)]).toEqual([name, constraints(one, kind)]);
      }
      // The dialects print a condition each in its own way; there are as many of them.
      const checks = constraints(other, 'check constraint');
      expect(checks).toEqual(expect.arrayContaining([...booleanChecks(one)]));
      expect(checks.length - booleanChecks(one).length).toBe(
        constraints(one, 'check constraint').length,
      );
      const indexesOf = ({ indexes }: Table) =>
        sorted(
          [...indexes].map(([index, { definition }]) => `${index} ${definition}`.toLowerCase()),
        );
      expect(indexesOf(other)).toEqual(indexesOf(one));
    }
  });
});
