import { assembleSettings } from './assemble-settings.js';
import { choicesOf, judgeInput, judgeStores, resolverOf } from './judge-input.js';
import type { RawEnvironment, ReadFile } from './read-environment.js';
import { judgeServerPort } from './server-port.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { Settings } from './settings.js';
import type { StoreChoice } from './store-rules.js';
import type { Violation } from './violation.js';

/** What can be said of a configuration that is refused. */
export interface Resolution {
  /** With the stores that resolve alone; absent when of none it can be said where it is. */
  readonly settings?: Settings;
  /** Stores that are turned on, and whose data could be anywhere. */
  readonly unresolved: readonly string[];
}

/** What says where the databases are and how to connect: a default would lead elsewhere, or less safely. */
const DECISIVE = /^(?:DB_(?:HOST|PORT|NAME|USER|PASSWORD|SSL_)|HOLDFAST_SECRET_KEY_FILE$)/;
/** Something was given, and is not read. */
const UNREAD = new Set(['SETTING_NAME_MISSPELT', 'SETTING_FILE_UNSUPPORTED']);

/** For looking, not for serving: what a refused configuration says of databases without any doubt. */
export function resolveSettings(
  raw: RawEnvironment,
  service: ServiceDeclaration,
  readFile: ReadFile,
): Resolution {
  const input = judgeInput(raw, service, readFile);
  const { profile } = input.decision;
  const { choices } = choicesOf(input, profile ?? 'PRODUCTION');
  const { usesParts } = judgeStores(input, profile ?? 'PRODUCTION');
  const invalid = judgeServerPort(input.invalid, raw.texts.get('DB_PORT'), usesParts);
  const doubts = [...invalid, ...input.postgresAuthorities.violations, ...raw.violations];
  const isDoubt = ({ code, variable }: Violation) => DECISIVE.test(variable) || UNREAD.has(code);
  if (!profile || doubts.some(isDoubt)) {
    return { unresolved: choices.map(({ store }) => store.name) };
  }
  const resolver = resolverOf(input);
  const isSound = ({ store, backend }: StoreChoice) => {
    const verdict = backend === 'POSTGRES' ? resolver.of(store)?.verdict : undefined;
    if (backend === 'POSTGRES') return verdict !== undefined && 'dsn' in verdict;
    return backend !== undefined && profile === 'LOCAL';
  };
  const sound = choices.filter(isSound);
  return {
    settings: assembleSettings(input, profile, sound),
    unresolved: choices.filter((choice) => !sound.includes(choice)).map(({ store }) => store.name),
  };
}
