import type pg from 'pg';

/** What one migration has made, and a build uses; `app` stands for its role. */
export const SCHEMA = `
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN whole AS integer;
CREATE DOMAIN amount AS whole CHECK (VALUE >= 0);
CREATE DOMAIN place AS integer;
CREATE FUNCTION label(given text) RETURNS text LANGUAGE sql AS $$ SELECT upper(given) $$;
CREATE TABLE tickets (
  id text PRIMARY KEY,
  title varchar(40) NOT NULL,
  state text NOT NULL DEFAULT 'open',
  priority smallint NOT NULL DEFAULT 3,
  price numeric(8,2),
  owner text,
  note text,
  mood mood,
  units amount,
  legacy text
);
CREATE UNIQUE INDEX tickets_by_owner ON tickets (owner, title);
CREATE INDEX tickets_by_state ON tickets (state);
CREATE TABLE comments (
  id text PRIMARY KEY,
  ticket_id text NOT NULL REFERENCES tickets ON DELETE CASCADE,
  body text NOT NULL CONSTRAINT said CHECK (length(body) > 0),
  place place,
  about jsonb
);
CREATE INDEX comments_numbered ON comments ((ticket_id::integer)) WHERE ticket_id = '1';
CREATE TABLE counters (name text PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE people (name text PRIMARY KEY);
CREATE TABLE archive (id text PRIMARY KEY);
INSERT INTO tickets (id, title, owner, note, legacy) VALUES ('0', 'first', 'ann', 'kept', 'old');
`;

export const STATEMENTS = {
  open: `INSERT INTO tickets (id, title, owner, price, mood, units) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (owner, title) DO NOTHING RETURNING id, state, priority`,
  note: 'UPDATE tickets SET note = $2, units = $3 WHERE id = $1 RETURNING title, price, units, note',
  ofOwner: `SELECT id, label(title) AS label, state, priority, price, owner, note, mood, units
    FROM tickets WHERE owner IS NOT DISTINCT FROM $1 ORDER BY id`,
  close: 'DELETE FROM tickets WHERE id = $1',
  say: 'INSERT INTO comments (id, ticket_id, body) VALUES ($1, $2, $3)',
  said: `SELECT c.id, body, title FROM comments c JOIN tickets t ON t.id = c.ticket_id ORDER BY c.id`,
  left: 'SELECT count(*) AS left FROM comments WHERE ticket_id = $1',
  count: `INSERT INTO counters VALUES ($1, 1)
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value`,
} as const;

type Step = readonly [name: keyof typeof STATEMENTS, ...values: (string | number | null)[]];

const LONG = 'x'.repeat(40);

const BEFORE: readonly Step[] = [
  ['open', 'a', 'one', 'ann', '12.50', 'glad', 1],
  ['open', 'b', LONG, 'ann', null, null, null],
  ['open', 'c', 'one', null, '999999.99', 'sad', 2_000_000],
  ['open', 'd', 'one', 'ann', '1', null, 0],
  ['open', 'e', 'first', 'ann', '1', null, 0],
  ['note', 'a', 'a longer note than the others', 100],
  ['note', 'b', null, null],
  ['say', '1', 'a', 'hello'],
  ['say', '2', 'b', 'hello'],
  ['say', '3', 'nobody', 'hello'],
  ['say', '4', 'b', 'y'.repeat(9000)],
  ['count', 'seen'],
  ['count', 'seen'],
];
const AFTER: readonly Step[] = [
  ['ofOwner', 'ann'],
  ['ofOwner', null],
  ['said'],
  ['close', 'a'],
  ['left', 'a'],
  ['close', 'b'],
  ['said'],
  ['open', 'f', 'two', 'ann', '2', null, 5],
  ['ofOwner', 'ann'],
  ['count', 'other'],
];

/**
 * What the build does, each statement by itself.
 * @param meanwhile what a newer build writes in the middle of it
 * @returns what each has given: rows, or the code of the error
 */
export async function work(
  client: pg.Client,
  meanwhile: () => Promise<void>,
): Promise<readonly unknown[]> {
  const given = await inTurn(client, BEFORE);
  await meanwhile();
  return [...given, ...(await inTurn(client, AFTER))];
}

async function inTurn(client: pg.Client, steps: readonly Step[]): Promise<unknown[]> {
  const given: unknown[] = [];
  for (const [name, ...values] of steps) {
    try {
      const { rows, rowCount } = await client.query(STATEMENTS[name], values);
      given.push({ name, rows, rowCount });
    } catch (error) {
      given.push({ name, code: (error as { readonly code?: string }).code });
    }
  }
  return given;
}
