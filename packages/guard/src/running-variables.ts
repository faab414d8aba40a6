import type { EffectiveVariable } from './effective.js';
import type { RawEnvironment } from './read-environment.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { Settings } from './settings.js';

interface Given {
  readonly raw: RawEnvironment;
  readonly service: ServiceDeclaration;
}

/** Of the settings that a door has let through, what they were read from. */
const given = new WeakMap<Settings, Given>();

/** Keeps what the settings were read from, for `runningVariables`. */
export function rememberGiven(settings: Settings, { raw, service }: Given): void {
  given.set(settings, { raw, service });
}

/** What settings were read from; undefined for those that were not read from an environment. */
export function givenTo(settings: Settings): Given | undefined {
  return given.get(settings);
}

/**
 * The variables of a process that runs, as `holdfast config` shows them: no field holds a secret or a part of one.
 * @returns undefined for settings that were not read from an environment
 */
export async function runningVariables(
  settings: Settings,
): Promise<readonly EffectiveVariable[] | undefined> {
  const known = given.get(settings);
  if (!known) return undefined;
  const { effectiveVariables } = await import('./effective.js');
  return effectiveVariables(known.raw, { settings }, known.service);
}
