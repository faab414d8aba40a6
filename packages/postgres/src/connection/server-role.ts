import type pg from 'pg';
import type { Connection } from 'pg';
import type { ServerRole } from './host-selection.js';

const QUESTION = `SELECT pg_is_in_recovery() AS standby,
  current_setting('transaction_read_only') = 'on' AS "readOnly"`;

/** Listens to what a server says of itself while a client logs in. */
export function listenForRole(client: pg.Client): () => ServerRole {
  const { connection } = client as unknown as { readonly connection: Connection };
  const told = new Map<string, string>();
  connection.on('parameterStatus', ((message: {
    readonly parameterName: string;
    readonly parameterValue: string;
  }) => {
    told.set(message.parameterName, message.parameterValue);
  }) as never);
  const isOn = (name: string) => (told.has(name) ? told.get(name) === 'on' : undefined);
  return () => ({
    standby: isOn('in_hot_standby'),
    readOnly: isOn('in_hot_standby') === true ? true : isOn('default_transaction_read_only'),
  });
}

/** As a server has said it at the login; one behind a pooler is asked. */
export async function serverRole(
  told: ServerRole,
  ask: (question: string) => Promise<ServerRole | undefined>,
): Promise<ServerRole> {
  if (told.standby !== undefined && told.readOnly !== undefined) return told;
  return (await ask(QUESTION)) ?? told;
}
