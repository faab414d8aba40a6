import { allVariables } from '@holdfast/guard/environment';
import { service } from '../../src/service.js';

const known = allVariables(service);

/** The variable that a name gives: `NAME_FILE` is one of a secret's forms. */
export function variableOf(name: string) {
  const secret = known.get(name.replace(/_FILE$/, ''));
  return known.get(name) ?? (name.endsWith('_FILE') && secret?.secret ? secret : undefined);
}

/** Whether what stands under a name is a secret itself, and not the path of its file. */
export function isInTheOpen(name: string): boolean {
  return known.get(name)?.secret ?? false;
}

/** Names of the variables that are secrets themselves. */
export const SECRET_VARIABLES = [...known.keys()].filter(isInTheOpen);
