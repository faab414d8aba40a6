import { getDataSourceToken } from '@nestjs/typeorm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { registeredStores } from '../../../src/stores/registry.js';
import { type Shape, shapesOfEntities, shapesOfTables } from '../../support/entity-schema.js';
import { migratedSchema } from '../../support/migrated-schema.js';
import { openStoreDatabases, type StoreDatabases } from '../../support/store-databases.js';

describe.each(['SQLITE', 'POSTGRES'] as const)('the entities on %s', (backend) => {
  let opened: StoreDatabases;

  beforeAll(async () => {
    opened = await openStoreDatabases(backend);
  });
  afterAll(() => opened.close());

  it('are the tables that the migrations make, with all of their columns and keys', async () => {
    const tables = new Map<string, Shape>();
    for (const { name } of registeredStores) {
      for (const [table, shape] of shapesOfTables(await migratedSchema(name, backend))) {
        tables.set(table, shape);
      }
    }
    const dataSource = opened.app.get<DataSource>(getDataSourceToken('advisory'));
    const entities = shapesOfEntities(dataSource);
    expect(Object.fromEntries(entities)).toEqual(Object.fromEntries(tables));
  });
});
