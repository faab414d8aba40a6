import { jest } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { Settings } from '@holdfast/guard/settings';
import { Pool } from '@holdfast/postgres/pool/pool';
import { clientConfig } from '@holdfast/postgres/connection/postgres-client';
import { poolSettings, postgresSettings } from './settings.js';

/**
 * A pool as the data source makes it, with two connections and one more under load.
 * @param url of the database
 */
export function openPool(
  url: string,
  changed: Partial<Settings['pool']> = {},
  {
    connectTimeoutMs = 5000,
    onLeak = jest.fn<(stack: string) => void>(),
  }: { connectTimeoutMs?: number; onLeak?: (stack: string) => void } = {},
): Pool {
  const settings = poolSettings({ size: 2, maxOverflow: 1, timeoutSeconds: 20, ...changed });
  const options = clientConfig(postgresSettings(url, { connectTimeoutMs }), settings);
  return new Pool(options, settings, { onLeak });
}

/** Process number of the server's end; through a pooler, of the one that answers this time. */
export async function pidOf(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (!rows[0]) throw new Error('no answer');
  return rows[0].pid;
}
