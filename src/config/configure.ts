import { readFileSync } from 'node:fs';
import { EXIT } from '../reasons.js';
import { registeredStores } from '../stores/registry.js';
import { readEnvironment } from './read-environment.js';
import { type Settings, settle } from './settings.js';
import type { Violation } from './violation.js';

/**
 * The door: reads the environment once. A refused configuration is printed on stderr, one JSON
 * line under `LOG_FORMAT=json`, else a paragraph a violation, and ends the process with 78.
 * libpq's variables (`PGHOST`, `PGPASSWORD`, …) are removed: `pg` would fill gaps from them.
 * @param onRefused called with the violations before the process ends
 */
export function configure(
  process: NodeJS.Process,
  onRefused: (violations: readonly Violation[]) => void = () => undefined,
): Settings {
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const raw = readEnvironment(process.env, registeredStores, readFile);
  const verdict = settle(raw, registeredStores, readFile);
  for (const name of Object.keys(process.env)) {
    if (/^(PG[A-Z]+|NODE_PG_FORCE_NATIVE)$/.test(name)) Reflect.deleteProperty(process.env, name);
  }
  if ('settings' in verdict) return verdict.settings;
  const json = raw.texts.get('LOG_FORMAT')?.trim().toLowerCase() === 'json';
  process.stderr.write(refusal(verdict.violations, json));
  onRefused(verdict.violations);
  process.exit(EXIT.configuration);
}

/** The text of a refusal; nothing in a violation holds any part of a value. */
export function refusal(violations: readonly Violation[], json: boolean): string {
  if (json) {
    return `${JSON.stringify({ level: 'fatal', event: 'startup.refused', violations })}\n`;
  }
  const rules = violations.length === 1 ? '1 rule is' : `${violations.length} rules are`;
  const paragraphs = violations.map(
    ({ code, variable, message, fix }) => `${code}\n  ${variable}: ${message}.\n  ${fix}\n`,
  );
  return `Holdfast does not start: ${rules} broken.\n\n${paragraphs.join('\n')}`;
}
