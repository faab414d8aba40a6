import { expect, it } from '@jest/globals';
import { summaryOf } from '../src/database/statement-summary.js';

it.each([
  ['SELECT * FROM orders WHERE id = $1', 'SELECT orders', 'SELECT', 'orders'],
  ['BEGIN', 'BEGIN', 'BEGIN', undefined],
  ['BEGIN; SET LOCAL lock_timeout = 5000', 'BEGIN SET', 'BEGIN', undefined],
  ['SELECT 1', 'SELECT', 'SELECT', undefined],
  ['INSERT INTO orders (id, note) VALUES (:id, :note)', 'INSERT orders', 'INSERT', 'orders'],
  ['insert into "Orders"("id") values ($1)', 'INSERT Orders', 'INSERT', 'Orders'],
  ['INSERT OR IGNORE INTO orders VALUES (?)', 'INSERT orders', 'INSERT', 'orders'],
  ['UPDATE ONLY app.orders SET a = 1', 'UPDATE app.orders', 'UPDATE', 'app.orders'],
  ['DELETE FROM orders USING gone WHERE gone.id = 1', 'DELETE orders', 'DELETE', 'orders'],
  ['MERGE INTO orders o USING other ON true', 'MERGE orders', 'MERGE', 'orders'],
  [
    'SELECT "Order"."id" AS "Order_id" FROM "public"."orders" "Order" LEFT JOIN "lines" "l" ON true',
    'SELECT public.orders SELECT lines',
    'SELECT',
    'public.orders',
  ],
  [
    `WITH made AS (INSERT INTO orders (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = 2 RETURNING id),
       kept (key, answer) AS (INSERT INTO answers SELECT $2, id FROM made)
     SELECT count(*) FROM made, kept`,
    'INSERT orders INSERT answers',
    'INSERT',
    'orders',
  ],
  ['WITH one AS (SELECT 1) SELECT * FROM one', 'SELECT', 'SELECT', undefined],
  [
    'SELECT extract(day FROM created) FROM orders FOR UPDATE OF orders',
    'SELECT orders',
    'SELECT',
    'orders',
  ],
  ['SELECT a IS DISTINCT FROM b FROM orders', 'SELECT orders', 'SELECT', 'orders'],
  ['SELECT * FROM unnest($1::text[]) AS t (id)', 'SELECT', 'SELECT', undefined],
  ['CREATE TABLE orders (id text)', 'CREATE', 'CREATE', undefined],
  ['', 'SELECT', 'SELECT', undefined],
])('%s', (statement, text, operation, table) => {
  expect(summaryOf(statement)).toEqual({ text, operation, table });
});

it('tells nothing of a literal, whatever is written in it', () => {
  const statements = [
    `SELECT * FROM orders WHERE a = 'FROM secret'`,
    `SELECT * FROM orders WHERE a = 'it''s; DELETE FROM secret'`,
    String.raw`SELECT * FROM orders WHERE a = E'\'; DELETE FROM secret'`,
    'SELECT * FROM orders WHERE a = $$; DELETE FROM secret$$',
    'SELECT * FROM orders WHERE a = $x$; DELETE FROM secret$$ $x$',
    'SELECT * FROM orders -- ; DELETE FROM secret',
    'SELECT * FROM orders /* ; DELETE FROM secret */ WHERE a = 1',
    'SELECT * FROM orders WHERE a = :secret AND b = $1',
  ];
  for (const statement of statements) {
    expect(summaryOf(statement)).toEqual({
      text: 'SELECT orders',
      operation: 'SELECT',
      table: 'orders',
    });
  }
});

it('is bounded, whatever a statement joins', () => {
  const joins = [...Array(100).keys()].map((n) => `JOIN a_table_with_a_long_name_${n} ON true`);
  const { text } = summaryOf(`SELECT * FROM orders ${joins.join(' ')}`);
  expect(text.length).toBeGreaterThan(200);
  expect(text.length).toBeLessThanOrEqual(255);
  expect(text).toMatch(/^SELECT orders SELECT a_table_with_a_long_name_0 .*name_\d+$/);
});
