import type pg from 'pg';

/**
 * Has the server compress long values by LZ4, where it can: several times as fast as what it does by
 * default.
 */
export async function compressFast(client: pg.Client): Promise<void> {
  await client.query(
    `SELECT set_config(name, 'lz4', false) FROM pg_settings
      WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`,
  );
}
