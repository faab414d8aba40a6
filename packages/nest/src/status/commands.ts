import type { ReasonCode } from '@holdfast/core/reasons';

/** What to type where a check fails, by its code: what shows the cause first, then what mends it where a command does. */
const COMMANDS: Readonly<Partial<Record<ReasonCode, readonly string[]>>> = {
  MIGRATIONS_PENDING: ['holdfast migrate status', 'holdfast migrate plan', 'holdfast migrate up'],
  SCHEMA_NEWER_THAN_BUILD: ['holdfast migrate status'],
  MIGRATION_CHECKSUM_MISMATCH: ['holdfast migrate status', 'holdfast migrate status --drift'],
  MIGRATION_OUT_OF_ORDER: ['holdfast migrate status'],
  SCHEMA_INCOMPATIBLE: ['holdfast check --connect', 'holdfast migrate status --drift'],
  DATABASE_IDENTITY_MISMATCH: ['holdfast identity show'],
  POSTGRES_LOGIN_FAILING: ['holdfast check --connect', 'holdfast config'],
  POSTGRES_AUTH_FAILED: ['holdfast check --connect', 'holdfast config'],
};

/** Of every other failure of a database or of Redis. */
const CONNECT = ['holdfast check --connect'];

/**
 * Commands for whoever is to mend it, in the order in which they are typed.
 * @param code of the catalogue; what follows a colon is left out
 */
export function commandsFor(code: string): readonly string[] {
  const name = code.split(':', 1)[0] ?? code;
  const own = COMMANDS[name as ReasonCode];
  const connects = /^(POSTGRES|REDIS|SQLITE|REPLICA|DATABASE)_/.test(name) ? CONNECT : [];
  return [...(own ?? connects), `holdfast explain ${name}`];
}
