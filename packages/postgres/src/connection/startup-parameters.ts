import type { ClientConfig } from 'pg';
import type pg from 'pg';
import { isSqlState } from '@holdfast/core/server-message';

/**
 * Classes with which a login itself is refused: the role, the database, the number of connections,
 * the state of the server. Any other answer is to what was asked for along with it: 08P01 (PgBouncer),
 * 0A000 (RDS Proxy), 42704, 22023, 55P02, 42501.
 */
const LOGIN_STATES = /^(08(?!P01)|25|28|3D|53|57|58|XX)/;
/** A setting in one word; `--cluster=` is a route of CockroachDB's. */
const DASHED = /^(?:-c|--(?!cluster=))(.+)$/s;

/** Whether a login may have failed because of a start-up parameter alone. */
export function isRefusedParameter(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isSqlState(code) && !LOGIN_STATES.test(code);
}

/** The same, not asking for time-outs. */
export function withoutTimeouts(config: ClientConfig): ClientConfig {
  const { statement_timeout: _statement, lock_timeout: _lock, ...rest } = config;
  return rest;
}

/** The same, asking for nothing but the name of the application. */
export function withoutSettings(config: ClientConfig): ClientConfig {
  const { options: _options, ...rest } = withoutTimeouts(config);
  return rest;
}

/**
 * Sets what was refused at the start. Behind a pooler the session is not the client's own: what is set
 * there would be others' too. Time-outs are then those of the server; other settings are needed.
 * @throws `refused` where a setting cannot be had
 */
export async function setAfterLogin(
  client: pg.Client,
  wanted: ClientConfig,
  asked: ClientConfig,
  refused: unknown,
): Promise<void> {
  const { statement_timeout, lock_timeout } = wanted;
  const isMissing = wanted.options !== undefined && asked.options === undefined;
  const missing = isMissing ? parseOptions(wanted.options) : [];
  if (!missing) throw refused;
  const settings: readonly (readonly [string, string])[] = [
    ...(statement_timeout ? [['statement_timeout', String(statement_timeout)] as const] : []),
    ...(lock_timeout ? [['lock_timeout', String(lock_timeout)] as const] : []),
    ...missing,
  ];
  const isOwn = await setInOwnSession(client, settings);
  if (!isOwn && isMissing) throw refused;
}

/** @returns whether the session is the client's own, so that what is set holds */
export async function setInOwnSession(
  client: pg.Client,
  settings: readonly (readonly [string, string])[],
): Promise<boolean> {
  const { processID } = client as unknown as { readonly processID: number | null };
  const values = settings.flatMap((setting) => setting);
  const calls = settings.map((_, index) => `set_config($${index * 2 + 1}, $${index * 2 + 2}, p)`);
  // Set for this one statement where the session is shared.
  const { rows } = await client.query<{ pooled: boolean }>(
    `SELECT ${[...calls, 'p AS pooled'].join(', ')}
       FROM (SELECT pg_backend_pid() <> ${processID ?? 0} AS p OFFSET 0) AS session`,
    values,
  );
  return rows[0]?.pooled === false;
}

/**
 * The settings of `-c name=value …` or `--name=value`, in which a backslash keeps the next character.
 * @returns undefined where something else is among them, which can only be asked for at the start
 */
export function parseOptions(options = ''): readonly (readonly [string, string])[] | undefined {
  const words = options.match(/(?:\\.|[^\s\\])+/gs) ?? [];
  const settings: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, assignment = ''] = word === '-c' ? ['', words[(at += 1)]] : (DASHED.exec(word) ?? []);
    const text = assignment.replace(/\\(.)/gs, '$1');
    const equals = text.indexOf('=');
    if (equals < 1) return undefined;
    settings.push([text.slice(0, equals).replaceAll('-', '_'), text.slice(equals + 1)]);
  }
  return settings;
}
