import type { ServiceDeclaration } from './service-declaration.js';
import { maskDsn } from './dsn.js';
import { maskSecret } from './mask-secret.js';
import { allVariables } from './environment.js';
import { maskedText } from './masked-text.js';
import { decideProfile } from './profile.js';
import type { Origin, RawEnvironment } from './read-environment.js';
import type { Settings, SettingsVerdict } from './settings.js';
import type { Variable } from './variable.js';

/** One variable as the program sees it. No field ever holds a secret or a part of one. */
export interface EffectiveVariable {
  readonly name: string;
  /**
   * What is in effect; `***` for a secret, of a connection string all but the password; null for nothing, for what another variable decides, and
   * for a value that is refused: it may be a secret in the wrong place.
   */
  readonly value: string | number | boolean | null;
  readonly origin: 'environment' | 'file' | '.env' | 'default';
  readonly refused: boolean;
}

const ORIGINS: Readonly<Record<Origin, EffectiveVariable['origin']>> = {
  environment: 'environment',
  'secret file': 'file',
  '.env': '.env',
};

/** Every variable, in the order in which they are declared, given or not. */
export function effectiveVariables(
  raw: RawEnvironment,
  verdict: SettingsVerdict,
  service: ServiceDeclaration,
): readonly EffectiveVariable[] {
  const refused = new Set(
    'violations' in verdict
      ? verdict.violations.map(({ variable }) => variable.replace(/_FILE$/, ''))
      : [],
  );
  const isRefused = (name: string, { aliases }: Variable) =>
    raw.unreadable.has(name) || [name, ...aliases].some((each) => refused.has(each));
  const derived = new Map<string, EffectiveVariable['value'] | undefined>([
    ['APP_PERSISTENCE_PROFILE', decideProfile(raw.texts, raw.signs).profile],
    ...('settings' in verdict ? derivedDefaults(verdict.settings, service) : []),
  ]);
  return [...allVariables(service)].map(([name, variable]) => {
    const { schema, secret, blank } = variable;
    const text = raw.texts.get(name);
    const origin = ORIGINS[raw.origins.get(name) ?? 'environment'];
    const described = (value: EffectiveVariable['value'], isMissing = false) => ({
      name,
      value,
      origin: text === undefined ? ('default' as const) : origin,
      refused: isMissing,
    });
    if (isRefused(name, variable)) return described(null, true);
    if (secret) return described(text === undefined ? null : maskSecret(text, variable));
    const read: unknown = schema.validate(blank === 'unset' ? text?.trim() : text).value;
    const value = derived.get(name) ?? read ?? null;
    const shown = typeof value === 'string' ? maskedText(value) : value;
    return described(shown as EffectiveVariable['value']);
  });
}

/** What the profile, or another variable, decides where nobody says anything. */
function derivedDefaults(
  { http, auth, operations, stores: bindings }: Settings,
  { stores }: ServiceDeclaration,
) {
  const backends = stores.map(({ name, backendVariable }) => {
    const binding = bindings.find(({ store }) => store === name);
    return [backendVariable, binding?.backend] as const;
  });
  return [
    ['HOST', http.host] as const,
    ['AUTH_MODE', auth.mode] as const,
    ['OPS_ACCESS', operations.access] as const,
    ...backends,
  ];
}

/** Where the stores are, connection strings masked. */
export function effectiveDatabases({ databases }: Settings) {
  return databases.map((database) =>
    database.type === 'sqlite'
      ? { name: database.name, type: database.type, stores: database.stores, path: database.path }
      : {
          name: database.name,
          type: database.type,
          stores: database.stores,
          dsn: maskDsn(database.dsn),
          tls: database.tls.mode,
          replicas: (database.replicas ?? []).map(({ dsn }) => maskDsn(dsn)),
        },
  );
}
