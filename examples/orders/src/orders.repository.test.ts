import assert from 'node:assert/strict';
import * as test from 'node:test';
import { describeBackends } from '@holdfast/testing/describe-backends';
import { OrdersRepository } from './orders.repository.js';
import { service } from './service.js';

const ORDER = { id: 'a', article: 'cup', quantity: 2 };

describeBackends(
  'OrdersRepository',
  {
    service,
    tables: ['orders'],
    backends: {
      SQLITE: { open: ({ dataSource }) => new OrdersRepository(dataSource) },
      POSTGRES: { open: ({ dataSource }) => new OrdersRepository(dataSource) },
    },
  },
  ({ current }) => {
    void test.it('finds an order that was added, as it was', async () => {
      await current().add(ORDER);
      assert.deepEqual({ ...(await current().find('a')) }, ORDER);
    });

    void test.it('finds none where there is none', async () => {
      assert.equal(await current().find('a'), undefined);
    });

    void test.it('refuses an id that is there', async () => {
      await current().add(ORDER);
      await assert.rejects(current().add({ ...ORDER, quantity: 3 }));
      assert.equal((await current().find('a'))?.quantity, 2);
    });
  },
  test,
);
