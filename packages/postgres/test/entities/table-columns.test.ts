import { describe, expect, it } from '@jest/globals';
import {
  boolean,
  identifier,
  instant,
  integer,
  json,
  named,
  nullable,
  optional,
  primary,
  text,
} from '../../src/entities/column.js';
import { defineEntity, type RecordOf } from '../../src/entities/define-entity.js';
import { inSqlite } from '../../src/entities/in-sqlite.js';
import { tableColumns } from '../../src/entities/table-columns.js';

const OrderEntity = defineEntity('orders', {
  orderId: primary(identifier()),
  key: named('idempotency_key', text()),
  lineNo: integer(),
  isPaid: boolean(),
  note: nullable(text()),
  document: json(),
  answer: optional(json()),
  createdAt: instant(),
});

const orders = tableColumns(OrderEntity);

const ORDER: RecordOf<typeof OrderEntity> = {
  orderId: 'order-1',
  key: 'key-1',
  lineNo: 7,
  isPaid: false,
  note: null,
  document: { a: [null, 'ä'] },
  createdAt: '2026-11-21T12:00:00.123Z',
};

const ROW = {
  order_id: 'order-1',
  idempotency_key: 'key-1',
  line_no: 7,
  is_paid: 0,
  note: null,
  document: '{"a":[null,"ä"]}',
  answer: null,
  created_at: '2026-11-21T12:00:00.123000Z',
};

describe('the columns of a table', () => {
  it('are named in snake case, or as they say themselves', () => {
    expect(orders.names).toBe(
      'order_id, idempotency_key, line_no, is_paid, note, document, answer, created_at',
    );
    expect(orders.values).toBe(
      ':orderId, :key, :lineNo, :isPaid, :note, :document, :answer, :createdAt',
    );
    expect(orders.definitions).toBe(
      'order_id text, idempotency_key text, line_no integer, is_paid boolean, note text, document json, answer json, created_at timestamptz',
    );
  });

  it('are selected with JSON as text, under an alias and a prefix', () => {
    const part = orders.without('key', 'isPaid', 'note', 'answer').from('o', 'order_');
    expect(part.selected).toBe(
      'o.order_id AS order_order_id, o.line_no AS order_line_no, CAST(o.document AS text) AS order_document, o.created_at AS order_created_at',
    );
    const row = { order_order_id: 'o', order_line_no: 1, order_document: 'null' };
    expect(part.read({ ...row, order_created_at: new Date(0), line_no: 2 })).toStrictEqual({
      orderId: 'o',
      lineNo: 1,
      document: null,
      createdAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it('give parameters of other names to a statement of several records', () => {
    const part = orders.inParameters('order').without('document');
    expect(part.values).toContain(':order.orderId, :order.key');
    expect(part.parameters(ORDER)).toMatchObject({ 'order.orderId': 'order-1' });
  });

  it('write a record and read it again', async () => {
    expect(orders.parameters(ORDER)).toStrictEqual({
      orderId: 'order-1',
      key: 'key-1',
      lineNo: 7,
      isPaid: false,
      note: null,
      document: '{"a":[null,"ä"]}',
      answer: null,
      createdAt: '2026-11-21T12:00:00.123000Z',
    });
    expect(orders.read(ROW)).toStrictEqual(ORDER);
    expect(await orders.readLarge(ROW)).toStrictEqual(ORDER);
  });

  it('tell the null of JSON from nothing', async () => {
    const answered = { ...ORDER, answer: null };
    expect(orders.parameters(answered)).toMatchObject({ answer: 'null' });
    expect(orders.read({ ...ROW, answer: 'null' })).toStrictEqual(answered);
    expect(await orders.readLarge({ ...ROW, answer: 'null' })).toStrictEqual(answered);
  });

  it('hold documents as they are in a row for JSON', () => {
    const { answer: _, ...row } = { ...ROW, is_paid: false, document: ORDER.document };
    expect(JSON.parse(JSON.stringify(orders.row(ORDER)))).toStrictEqual(row);
  });
});

describe('an entity in SQLite', () => {
  it('has the types of its migrations, and the same table', () => {
    const { tableName, columns } = inSqlite(OrderEntity).options;
    expect(tableName).toBe('orders');
    const types = Object.entries(columns).map(([name, column]) => [name, column?.type]);
    expect(Object.fromEntries(types)).toEqual({
      orderId: 'text',
      key: 'text',
      lineNo: 'integer',
      isPaid: 'integer',
      note: 'text',
      document: 'text',
      answer: 'text',
      createdAt: 'text',
    });
    expect(columns.orderId).not.toHaveProperty('collation');
  });

  it('is left alone when it is of another make', () => {
    class Decorated {
      readonly id = 1;
    }
    expect(inSqlite(Decorated)).toBe(Decorated);
  });
});
