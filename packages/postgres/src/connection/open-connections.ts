import type pg from 'pg';
import type { ClientConfig } from 'pg';

/** A connection of this process, and how another one to the same server is made. */
export interface OpenConnection {
  readonly client: pg.Client;
  readonly config: ClientConfig;
}

const open = new Map<pg.Client, ClientConfig>();

/** Of a connection that has logged in: it is known until it ends. */
export function registerConnection(client: pg.Client, config: ClientConfig): void {
  open.set(client, config);
  client.once('end', () => open.delete(client));
}

/**
 * Of a connection whose waits are reported by its owner.
 * @returns how it was noted
 */
export function unregisterConnection(client: pg.Client): ClientConfig | undefined {
  const config = open.get(client);
  open.delete(client);
  return config;
}

/** Those that wait for an answer of the server. */
export function busyConnections(): readonly OpenConnection[] {
  return [...open]
    .filter(([client]) => (client as { readonly readyForQuery?: boolean }).readyForQuery === false)
    .map(([client, config]) => ({ client, config }));
}
