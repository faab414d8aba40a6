import type { Settings } from './settings.js';
import type { ValuesOf, Variables } from './variable.js';

/**
 * What the variables of a store, or of the service itself, say.
 * @param declared as the store or the service declares them
 * @throws TypeError for variables that the service of these settings does not have
 */
export function valuesOf<const Declared extends Variables>(
  { variables }: Pick<Settings, 'variables'>,
  declared: Declared,
): ValuesOf<Declared> {
  const entries = Object.keys(declared).map((name) => {
    if (!(name in variables)) throw new TypeError(`${name} is declared by no store and no service`);
    return [name, variables[name]] as const;
  });
  return Object.fromEntries(entries) as ValuesOf<Declared>;
}
