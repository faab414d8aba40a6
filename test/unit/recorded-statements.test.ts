import { expect, it } from '@jest/globals';
import { statementUses } from '@holdfast/migrate/postgres/compatible/statement-use';
import { readRecordedStatements } from '@holdfast/migrate/recorded-statements';
import { service } from '../../src/service.js';
import { registeredStores } from '../../src/stores/registry.js';

it.each(registeredStores)(
  'what is recorded of $name fills every table that the store fills, and sets what it sets',
  async ({ name, needs }) => {
    const { texts = [] } = readRecordedStatements(service.migrations, name) ?? {};
    const { tables: uses } = await statementUses(texts);
    const needed = Object.entries(needs).map(([table, { rights, updates = [] }]) => ({
      table,
      isFilled: rights.includes('INSERT'),
      updates,
    }));
    const recorded = needed.map(({ table, updates }) => ({
      table,
      isFilled: (uses.get(table)?.inserts ?? []).length > 0,
      updates: updates.filter((column) => uses.get(table)?.updates.includes(column)),
    }));
    expect(recorded).toEqual(needed);
  },
);
