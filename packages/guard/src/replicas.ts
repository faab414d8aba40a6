import { identity } from './bind-databases.js';
import type { DatabaseSettings, IgnoredParameter } from './databases.js';
import { type Dsn, type DsnVerdict, judgeDsn, type DsnContext } from './dsn.js';
import { ignoredIn, renewed } from './judged-dsn.js';
import type { PostgresAccess } from './postgres-access.js';
import type { RawEnvironment } from './read-environment.js';
import { violation, type Violation } from './violation.js';

const VARIABLE = 'DB_READ_REPLICA_URLS';

/** A comma before the database of a URL is one between its hosts, or one of its password. */
const HAS_NO_DATABASE_YET = /^[a-z][a-z0-9+]*:\/\/[^/?#]*$/i;

function entriesOf(text: string): readonly string[] {
  const entries: string[] = [];
  for (const piece of text.split(',').map((each) => each.trim())) {
    const last = entries.at(-1);
    const isOfTheLast = last !== undefined && HAS_NO_DATABASE_YET.test(last);
    if (isOfTheLast && !piece.includes('://')) entries[entries.length - 1] = `${last},${piece}`;
    else entries.push(piece);
  }
  return entries;
}

/** An entry is one standby: how far behind it is, is watched. */
function judgeReplica(text: string, dsnContext: DsnContext): DsnVerdict {
  const verdict = judgeDsn(text, dsnContext);
  if ('faults' in verdict || verdict.dsn.hosts.length === 1) return verdict;
  return {
    faults: [{ code: 'DSN_MULTIPLE_HOSTS', message: 'has an entry that names several hosts' }],
  };
}

/** The connection strings of the read replicas, and the faults of those that cannot be used. */
export function judgeReplicas(
  raw: RawEnvironment,
  dsnContext: DsnContext,
): {
  readonly dsns: readonly Dsn[];
  readonly ignored: readonly IgnoredParameter[];
  readonly violations: readonly Violation[];
} {
  const text = raw.texts.get(VARIABLE);
  const file = raw.files?.get(VARIABLE);
  const verdicts =
    text === undefined
      ? []
      : entriesOf(text).map((entry, index) =>
          renewed(
            judgeReplica(entry, dsnContext),
            file,
            dsnContext,
            (again) => entriesOf(again)[index] ?? '',
          ),
        );
  return {
    dsns: verdicts.flatMap((verdict) => ('dsn' in verdict ? [verdict.dsn] : [])),
    ignored: verdicts.flatMap((verdict) =>
      'dsn' in verdict ? ignoredIn(VARIABLE, verdict.dsn) : [],
    ),
    violations: verdicts.flatMap((verdict) =>
      'faults' in verdict
        ? verdict.faults.map(({ code, message, fix }) => violation(code, VARIABLE, message, fix))
        : [],
    ),
  };
}

/**
 * Gives the replicas to the database that they are replicas of. Stores with a connection string of
 * their own, to another database, have none.
 * @param shared what `DATABASE_URL` or `DB_HOST` names
 * @returns the databases, and the variable when there is no store that it could serve
 */
export function assignReplicas(
  databases: readonly DatabaseSettings[],
  shared: Dsn | undefined,
  replicas: readonly PostgresAccess[],
): { readonly databases: readonly DatabaseSettings[]; readonly unused: readonly string[] } {
  if (replicas.length === 0) return { databases, unused: [] };
  const served = databases.find(
    (each) => each.type === 'postgresql' && shared && identity(each.dsn) === identity(shared),
  );
  if (served?.type !== 'postgresql') return { databases, unused: [VARIABLE] };
  const { name, type, stores } = served;
  const named = replicas.map((access, index) => ({
    name: `${name}-replica-${index + 1}`,
    type,
    stores,
    ...access,
  }));
  return {
    databases: databases.map((each) => (each === served ? { ...served, replicas: named } : each)),
    unused: [],
  };
}
