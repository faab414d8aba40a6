import type { EventEmitter } from 'node:events';
import type pg from 'pg';
import type { ClientConfig } from 'pg';
import type { Dsn } from '@holdfast/guard/dsn';

/** With `enableChannelBinding`, `pg` takes SCRAM-SHA-256-PLUS where the server offers it. */
export interface BindingConfig extends ClientConfig {
  /** Nothing but that will do. */
  readonly requiresChannelBinding?: boolean;
}

/** Unasked, the login is not tied to the connection: not every certificate can be used for that. */
export function channelBindingOf({ channelBinding = 'disable' }: Dsn): BindingConfig {
  if (channelBinding === 'disable') return {};
  const requiresChannelBinding = channelBinding === 'require';
  return { enableChannelBinding: true, ...(requiresChannelBinding && { requiresChannelBinding }) };
}

const REFUSED = 'channel binding is required, and the server does not log in with it';

/**
 * Gives up a login in which the server asks for anything but SCRAM-SHA-256-PLUS, before a password is
 * sent; and one that it ends without having proved that it knows the password itself.
 */
export function requireChannelBinding(client: pg.Client): void {
  const { connection } = client as unknown as {
    connection: EventEmitter & { stream: { destroy(): void } };
  };
  let isProved = false;
  const refuse = () => {
    connection.emit('error', new Error(REFUSED));
    // What `pg` would answer is not sent any more.
    connection.stream.destroy();
  };
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse();
  });
  connection.on('authenticationSASLFinal', () => {
    isProved = true;
  });
  connection.on('authenticationOk', () => {
    if (!isProved) refuse();
  });
}
