import { pointerIn, serverIn } from './foreign-names.js';
import { GENERIC, type KnownForms } from './known-forms.js';
import type { ProcessEnvironment } from './read-given.js';
import { encryptionName } from './encryption-names.js';
import { SSL_MODES, type SslMode } from './ssl-mode.js';
import { isNear, meantName, visibleName } from './variable-names.js';
import { violation, type Violation } from './violation.js';

/** A variable that is not read, and the one that its name is a step away from. */
export interface NearName {
  readonly name: string;
  readonly meant: string;
}

/** What variables that are not read say all the same. */
export interface UnreadNames {
  readonly violations: readonly Violation[];
  readonly near: readonly NearName[];
  /** Variables that name a PostgreSQL, and those that only may. */
  readonly servers: readonly string[];
  readonly shell: readonly string[];
  /** The first that says what the profile, or the environment, is. */
  readonly profile?: string;
  readonly environment?: string;
  /** What libpq would ask of each connection: PGSSLMODE. */
  readonly sslMode?: SslMode;
}

/**
 * Looks at all variables that the program does not read.
 * @param given theirs are looked at
 * @param around where the variable that was meant may be given as well
 */
export function readUnreadNames(
  given: ProcessEnvironment,
  around: ProcessEnvironment,
  known: KnownForms,
): UnreadNames {
  const violations: Violation[] = [];
  const near: NearName[] = [];
  const found = { servers: [] as string[], shell: [] as string[] };
  let sslMode: SslMode | undefined;
  const pointers: { profile?: string; environment?: string } = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.read.has(name)) continue;
    const meant = meantName(name);
    const isOnlyCase = GENERIC.has(meant) && name.toUpperCase() === meant;
    if (!isOnlyCase && (known.read.has(meant) || known.fileless.has(meant))) {
      const fault = misspelt(name, meant, known);
      if (around[meant]?.trim() !== value.trim() || known.fileless.has(meant))
        violations.push(fault);
      continue;
    }
    const encryption = encryptionName(meant);
    if (encryption !== undefined) {
      if (around[encryption]?.trim().toLowerCase() !== value.trim().toLowerCase())
        violations.push(misspelt(name, encryption, known));
      continue;
    }
    if (meant === 'PGSSLMODE') sslMode ??= SSL_MODES.find((mode) => mode === value.trim());
    const neighbour = known.deciding.find((each) => isNear(meant, each));
    if (neighbour !== undefined) {
      near.push({ name: visibleName(name), meant: known.fileless.get(neighbour) ?? neighbour });
      continue;
    }
    const pointer = pointerIn(meant, value);
    if (pointer) pointers[pointer] ??= visibleName(name);
    const hint = serverIn(meant, value);
    if (hint) found[hint === 'server' ? 'servers' : 'shell'].push(visibleName(name));
  }
  return { violations, near, ...found, ...pointers, ...(sslMode && { sslMode }) };
}

/** What the process gives counts first. */
export function together(one: UnreadNames, other: UnreadNames): UnreadNames {
  const { profile = other.profile, environment = other.environment } = one;
  const { sslMode = other.sslMode } = one;
  return {
    violations: [...one.violations, ...other.violations],
    near: [...one.near, ...other.near],
    servers: [...one.servers, ...other.servers],
    shell: [...one.shell, ...other.shell],
    ...(profile !== undefined && { profile }),
    ...(environment !== undefined && { environment }),
    ...(sslMode && { sslMode }),
  };
}

/** @param name as it stands @param meant a name that is read, or would be if it were a secret */
export function misspelt(name: string, meant: string, { fileless }: KnownForms): Violation {
  const plain = fileless.get(meant);
  if (plain !== undefined) {
    return violation(
      'SETTING_FILE_UNSUPPORTED',
      visibleName(name),
      `names a file, and ${plain} is not read from one`,
      `Give the value itself as ${plain}: only secrets, DB_HOST, DB_NAME and DB_USER are read from files.`,
    );
  }
  return violation(
    'SETTING_NAME_MISSPELT',
    visibleName(name),
    `is not read: it seems to be meant for ${meant}`,
    `Name it ${meant}, in exactly these characters, or remove it.`,
  );
}
