import { createHash } from 'node:crypto';
import type { EffectiveVariable } from '@holdfast/guard/effective';

/** What a start is compared by. Of settings it holds digests, and of secrets nothing but whether they are set. */
export interface Start {
  readonly version: string;
  readonly commit: string | null;
  /** By variable, a digest of its value as `holdfast config` shows it: of a connection string all but the password. */
  readonly settings: Readonly<Record<string, string>>;
  /** By store, the migration that it is at. */
  readonly schema: Readonly<Record<string, string>>;
  /** By store, the fingerprint of its database; none under LOCAL. */
  readonly databases: Readonly<Record<string, string>>;
}

/** One thing that is not as it was. */
export interface StartChange {
  readonly what: 'version' | 'commit' | 'setting' | 'schema' | 'database';
  /** Of a setting, or a store; null for the version and the commit. */
  readonly name: string | null;
  /** Null where there was none, or is none now, and of settings, whose values are not told. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Each instance of one machine has its own. */
const OF_INSTANCES = new Set(['HOST', 'PORT', 'OPS_PORT']);

export function settingsOf(
  variables: readonly Pick<EffectiveVariable, 'name' | 'value'>[],
): Start['settings'] {
  return Object.fromEntries(
    variables
      .filter(({ name, value }) => value !== null && !OF_INSTANCES.has(name))
      .map(({ name, value }) => [name, digestOf(`${name} ${JSON.stringify(value)}`)]),
  );
}

/** Tells values apart, and is of values that are no secret. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

/** In what one start differs from the one before. */
export function startChanges(before: Start, after: Start): readonly StartChange[] {
  const settings = differences(before.settings, after.settings);
  return [
    ...different('version', before.version, after.version),
    ...different('commit', before.commit, after.commit),
    ...settings.map(({ name }) => ({ what: 'setting' as const, name, before: null, after: null })),
    ...named('schema', before.schema, after.schema),
    ...named('database', before.databases, after.databases),
  ];
}

function different(
  what: 'version' | 'commit',
  before: string | null,
  after: string | null,
): readonly StartChange[] {
  return before === after ? [] : [{ what, name: null, before, after }];
}

function named(
  what: 'schema' | 'database',
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly StartChange[] {
  return differences(before, after).map((change) => ({ what, ...change }));
}

function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }))
    .filter((each) => each.before !== each.after);
}
