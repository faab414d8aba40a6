import type pg from 'pg';
import type { VerifiedIdentity } from '../verification/verified-identity.js';
import type { HostSelector, ServerRole } from '../connection/host-selection.js';
import { listenForRole, serverRole } from '../connection/server-role.js';

/** What a login is compared with. */
interface Expected {
  readonly route: HostSelector | undefined;
  readonly identity: VerifiedIdentity | undefined;
}

/**
 * To be called before a client logs in.
 * @param ask sends a question of the pool's own
 * @returns what tells, once it has, why the server is not the one that is looked for; undefined where
 * nothing is compared
 */
export function loginCheck(
  client: pg.Client,
  { route, identity }: Expected,
  ask: <Row extends object>(question: string) => Promise<readonly Row[]>,
): (() => Promise<Error | undefined>) | undefined {
  const told = route?.checksRole ? listenForRole(client) : undefined;
  if (!told && !identity) return undefined;
  return async () => {
    try {
      if (told)
        route?.assertRole(
          await serverRole(told(), async (question) => (await ask<ServerRole>(question))[0]),
        );
      await identity?.verify(async (question) => (await ask<never>(question))[0]);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };
}
