import type pg from 'pg';

/** What a dump does not set itself, and does not go into a database without. */
const NEEDED: Readonly<Record<string, string>> = {
  default_transaction_read_only: 'off',
  array_nulls: 'on',
};

/**
 * What pg_restore has to set where `ALTER DATABASE … SET` or `ALTER ROLE … SET` says otherwise: where there is nothing
 * to set nothing is sent, since a pooler may refuse that.
 */
export async function toolSettings(client: pg.Client): Promise<Readonly<Record<string, string>>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM pg_settings JOIN unnest($1::text[], $2::text[]) AS needed (name, value) USING (name)
      WHERE reset_val <> value`,
    [Object.keys(NEEDED), Object.values(NEEDED)],
  );
  return Object.fromEntries(rows.map(({ name }) => [name, NEEDED[name] ?? '']));
}
