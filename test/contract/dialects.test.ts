import { describe, expect, it } from '@jest/globals';
import type { SchemaPair } from '@holdfast/migrate/schema/drift';
import { readPostgresPair } from '@holdfast/migrate/schema/postgres-drift';
import type { ConstraintKind, Schema, Table } from '@holdfast/migrate/schema/schema';
import { readSqlitePair } from '@holdfast/migrate/schema/sqlite-drift';
import { registeredStores } from '../../src/stores/registry.js';
import type { Backend } from '@holdfast/guard/store-declaration';
import { openBackend } from '../support/backends.js';
import { cleanup } from '../support/cleanup.js';
import { poolSettings } from '../support/settings.js';
import { migratedStores } from '../../src/service.js';

const { later } = cleanup();

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

/** The tables of a store as the migrator leaves them in a real database. */
async function migrated(store: string, backend: Exclude<Backend, 'IN_MEMORY'>): Promise<Schema> {
  const opened = await openBackend(backend);
  later(() => opened.close());
  const settings = opened.database?.settings;
  if (!settings) throw new Error('no database');
  const migrations = migratedStores([{ store, backend }])[0]?.migrations ?? [];
  const { expected, live }: SchemaPair =
    settings.type === 'sqlite'
      ? readSqlitePair(settings, poolSettings(), migrations)
      : await readPostgresPair(settings, poolSettings(), migrations);
  return new Map([...live].filter(([table]) => expected.has(table)));
}

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
    const [postgres, sqlite] = [await migrated(store, 'POSTGRES'), await migrated(store, 'SQLITE')];
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
