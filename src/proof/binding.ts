import { Secret } from '@holdfast/core/secret';
import type { Settings } from '@holdfast/guard/settings';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { idOf } from '@holdfast/migrate/migration';
import { release } from '../release.js';
import { readIdentity } from './database-identity.js';
import { type Digest, digestOf } from './digest.js';

/** What this build, with this configuration, in front of these databases, is. */
export interface Situation {
  readonly version: string;
  readonly commit: string | null;
  readonly configuration: Digest;
  readonly migrations: Digest;
  readonly databases: readonly Identity[];
}

export interface Identity {
  readonly name: string;
  readonly database: string | null;
  readonly system_identifier: string | null;
}

/** All that can be told without asking a database. */
export function situationOf(
  settings: Settings,
  stores: readonly MigratedStore[],
): Omit<Situation, 'databases'> {
  return {
    version: release.version,
    commit: release.commit,
    configuration: digestOf(fingerprinted(settings)),
    migrations: digestOf(
      stores.flatMap(({ store, migrations }) =>
        migrations.map((migration) => ({
          store,
          id: idOf(migration),
          checksum: migration.checksum,
        })),
      ),
    ),
  };
}

/** Asks every database who it is. */
export function identitiesOf({ databases, pool }: Settings): Promise<readonly Identity[]> {
  return Promise.all(databases.map((database) => readIdentity(database, pool)));
}

/**
 * What makes two processes the same service. Where one listens, how it logs and which pack it asks
 * for are its own; a secret is left out, not hashed, so that nothing can be guessed from the digest.
 */
function fingerprinted(settings: Settings): unknown {
  const { http: _http, log: _log, redisUrl, variables, ...shared } = settings;
  const { REQUIRE_PROOF: _pack, ...own } = variables;
  return {
    ...(withoutSecrets({ ...shared, variables: own }) as object),
    redis: redisUrl ? placeOf(redisUrl) : null,
  };
}

/** Where a URL leads, without the credentials and parameters in it. */
function placeOf(secret: Secret): string {
  const { protocol, host, pathname } = new URL(secret.reveal());
  return `${protocol}//${host}${pathname}`;
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((part) => !(part instanceof Secret)).map(withoutSecrets);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => !(part instanceof Secret))
      .map(([name, part]) => [name, withoutSecrets(part)]),
  );
}
