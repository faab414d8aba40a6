import { type Deprecation, listed, type ListedDeprecation } from '@holdfast/core/deprecation';
import { allVariables } from './environment.js';
import { givenTo } from './running-variables.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { Settings } from './settings.js';

/** A variable that is given, by a name that goes away. */
export interface DeprecatedInUse {
  readonly variable: string;
  readonly deprecation: Deprecation;
}

/** Every name of a variable that goes away, as it is declared. */
export function deprecatedVariables(service: ServiceDeclaration): readonly ListedDeprecation[] {
  return [...allVariables(service)].flatMap(([name, { deprecated, deprecatedAliases = {} }]) => [
    ...(deprecated ? [listed(name, deprecated)] : []),
    ...Object.entries(deprecatedAliases).map(([alias, declared]) => listed(alias, declared)),
  ]);
}

/** Of the variables that a process was given, those that go away; none of settings that were not read from an environment. */
export function deprecatedInUse(settings: Settings): readonly DeprecatedInUse[] {
  const given = givenTo(settings);
  if (!given) return [];
  const { raw, service } = given;
  return [...raw.texts.keys()].flatMap((name) => {
    const declared = allVariables(service).get(name);
    const variable = raw.aliases.get(name) ?? name;
    const deprecation = declared?.deprecatedAliases?.[variable] ?? declared?.deprecated;
    return deprecation ? [{ variable, deprecation }] : [];
  });
}
