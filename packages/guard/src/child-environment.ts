import { allVariables } from './environment.js';
import { givenForms } from './read-given.js';
import type { ServiceDeclaration } from './service-declaration.js';

/**
 * The environment of this process for a program that it starts, with some variables changed. What
 * takes the place of a variable, or takes it away, does so for its `NAME_FILE` and for its other names.
 * @param changes undefined takes a variable away
 */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>>,
  service: ServiceDeclaration,
): NodeJS.ProcessEnv {
  const known = allVariables(service);
  const formsOf = (name: string) => {
    const variable = known.get(name);
    return variable ? givenForms(name, variable) : [name, `${name}_FILE`];
  };
  const replaced = new Set(Object.keys(changes).flatMap(formsOf));
  const kept = Object.entries(process.env).filter(([name]) => !replaced.has(name));
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...kept, ...given]);
}
