import pg from 'pg';
import { eventually } from './eventually.js';

/**
 * Two databases of a server change their names, so that what leads to one leads to the other; the sessions
 * of both are ended.
 * @param server connection string of a superuser to a third database
 */
export async function swapNames(server: string, one: string, other: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    for (const name of [one, other])
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await eventually(async () => {
      const { rowCount } = await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ($1, $2)',
        [one, other],
      );
      if (rowCount !== 0) throw new Error('there are sessions');
    });
    await client.query(`ALTER DATABASE ${one} RENAME TO swapping_names`);
    await client.query(`ALTER DATABASE ${other} RENAME TO ${one}`);
    await client.query(`ALTER DATABASE swapping_names RENAME TO ${other}`);
  } finally {
    for (const name of [one, other])
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await client.end();
  }
}

export function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
