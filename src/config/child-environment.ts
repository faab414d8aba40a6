/**
 * The environment of this process for a program that it starts, with some variables changed. What
 * takes the place of a variable, or takes it away, does so for its `NAME_FILE` too.
 * @param changes undefined takes a variable away
 */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const replaced = new Set(Object.keys(changes).flatMap((name) => [name, `${name}_FILE`]));
  const kept = Object.entries(process.env).filter(([name]) => !replaced.has(name));
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...kept, ...given]);
}
