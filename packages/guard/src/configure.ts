import { EXIT } from '@holdfast/core/reasons';
import type { RawEnvironment } from './read-environment.js';
import { readFile } from './read-file.js';
import { rememberGiven } from './running-variables.js';
import { type ServiceDeclaration, titleOf } from './service-declaration.js';
import type { Settings } from './settings.js';
import { type Configuration, judgeEnvironment } from './validation-schema.js';
import type { Violation } from './violation.js';

export { readFile };
export type { Configuration };

/**
 * Reads and judges the environment, once. libpq's variables (`PGHOST`, `PGPASSWORD`, …) are removed:
 * `pg` would fill gaps from them.
 */
export function readConfiguration(
  process: NodeJS.Process,
  service: ServiceDeclaration,
): Configuration {
  const configuration = judgeEnvironment(process.env, service, readFile);
  for (const name of Object.keys(process.env)) {
    if (/^(PG[A-Z]+|NODE_PG_FORCE_NATIVE)$/.test(name)) Reflect.deleteProperty(process.env, name);
  }
  return configuration;
}

/**
 * For a process whose answers have to come in time: the system's look-up of a name takes by default 10
 * seconds for each dead name server, and with this one second for each, and for each domain to search.
 */
export function boundNameLookups(process: NodeJS.Process): void {
  process.env.RES_OPTIONS = `${process.env.RES_OPTIONS ?? ''} timeout:1 attempts:1`.trim();
}

/**
 * The door: reads the environment once. A refused configuration is printed on stderr, one JSON
 * line under `LOG_FORMAT=json`, else a paragraph a violation, and ends the process with 78.
 * @param onRefused called with the violations before the process ends
 */
export function configure(
  process: NodeJS.Process,
  service: ServiceDeclaration,
  onRefused: (violations: readonly Violation[]) => void = () => undefined,
): Settings {
  const configuration = readConfiguration(process, service);
  const { raw, verdict } = configuration;
  if ('settings' in verdict) return remembered(verdict.settings, raw, service);
  process.stderr.write(refusalOf(configuration, service));
  onRefused(verdict.violations);
  process.exit(EXIT.configuration);
}

/** What an application is told that is not to end its process: its message is what `configure` prints. */
export class RefusedConfiguration extends Error {
  override readonly name = 'RefusedConfiguration';
  readonly exit = EXIT.configuration;
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[], service: ServiceDeclaration) {
    super(refusal(violations, service, false));
    this.violations = violations;
  }
}

/** As `configure`, for who ends the process in another way. @throws RefusedConfiguration */
export function configured(process: NodeJS.Process, service: ServiceDeclaration): Settings {
  const { raw, verdict } = readConfiguration(process, service);
  if ('settings' in verdict) return remembered(verdict.settings, raw, service);
  throw new RefusedConfiguration(verdict.violations, service);
}

function remembered(
  settings: Settings,
  raw: RawEnvironment,
  service: ServiceDeclaration,
): Settings {
  rememberGiven(settings, { raw, service });
  return settings;
}

/** What a refused configuration prints on stderr; empty for one that is not refused. */
export function refusalOf({ raw, verdict }: Configuration, service: ServiceDeclaration): string {
  if ('settings' in verdict) return '';
  return refusal(verdict.violations, service, isJsonLog(raw));
}

/** Whether what a program says before it has a log is to be JSON lines. */
function isJsonLog({ texts }: RawEnvironment): boolean {
  return texts.get('LOG_FORMAT')?.trim().toLowerCase() === 'json';
}

/** The text of a refusal; nothing in a violation holds any part of a value. */
export function refusal(
  violations: readonly Violation[],
  service: ServiceDeclaration,
  json: boolean,
): string {
  const rules = violations.length === 1 ? '1 rule is' : `${violations.length} rules are`;
  const head = `${titleOf(service)} does not start: ${rules} broken.`;
  if (json) {
    const time = new Date().toISOString();
    const line = { level: 'fatal', event: 'startup.refused', violations, time, message: head };
    return `${JSON.stringify(line)}\n`;
  }
  const paragraphs = violations.map(
    ({ code, variable, message, fix }) => `${code}\n  ${variable}: ${message}.\n  ${fix}\n`,
  );
  return `${head}\n\n${paragraphs.join('\n')}`;
}
