/** What shells, Dockerfiles and lists put before a name. */
const PREFIX = /^(?:(?:export|set|setx|env|declare\s+-x|-e|--env|-)\s+|\$env:|env:)/i;
const AROUND = /^(?:\$\{(.*)\}|%(.*)%|\$(.*)|(["'`])(.*)\4)$/s;

/**
 * A name as it was meant: in capitals, without what editors, shells and templates put around it or
 * into it, and with the underscores that other notations write otherwise.
 */
export function meantName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => (/\s/.test(character) ? ' ' : ''))
    .trim()
    .replace(PREFIX, '')
    .trim();
  const [, braces, percents, dollar, , quoted] = AROUND.exec(plain) ?? [];
  return (braces ?? percents ?? dollar ?? quoted ?? plain)
    .trim()
    .replace(/\s*:$/, '')
    .toUpperCase()
    .replace(/[\s.\p{Pd}]+/gu, '_');
}

/** From so many characters on, no other program has a name that is near by chance. */
const LONG = 16;
/** Others have names like these: `DB_USERS`, `MDB_HOST`, `APP_ENVS`. */
const COMMON = /^(?:DB_[A-Z]+|APP_ENV|CI_STRICT)(?:_FILE)?$/;

/** Whether a name seems to be mistyped for one that is read. */
export function isNear(given: string, name: string): boolean {
  if (name.replace(/_FILE$/, '').length >= LONG) return isTwoStepsOff(given, name);
  const isOther = COMMON.test(name) && (given === `${name}S` || given.slice(1) === name);
  return !isOther && isOneStepOff(given, name);
}

/** Whether two characters at most are missing, too many or other ones. */
function isTwoStepsOff(given: string, name: string): boolean {
  if (given === name || Math.abs(given.length - name.length) > 2) return false;
  if (isOneStepOff(given, name)) return true;
  let at = 0;
  while (given[at] === name[at]) at += 1;
  const [left, wanted] = [given.slice(at), name.slice(at)];
  const rests = [
    [left.slice(1), wanted.slice(1)],
    [left.slice(1), wanted],
    [left, wanted.slice(1)],
  ] as const;
  return rests.some(([one, other]) => one === other || isOneStepOff(one, other));
}

/** Whether one character is missing, too many or another one, or two neighbours have changed places. */
export function isOneStepOff(given: string, name: string): boolean {
  const difference = given.length - name.length;
  if (given === name || difference > 1 || difference < -1) return false;
  let at = 0;
  while (given[at] === name[at]) at += 1;
  if (difference === 1) return given.slice(at + 1) === name.slice(at);
  if (difference === -1) return given.slice(at) === name.slice(at + 1);
  const isSwapped = given[at] === name[at + 1] && given[at + 1] === name[at];
  return (
    given.slice(at + 1) === name.slice(at + 1) ||
    (isSwapped && given.slice(at + 2) === name.slice(at + 2))
  );
}

/** A name as it can be seen: in quotes where a blank is in it, and what cannot be seen written out. */
export function visibleName(name: string): string {
  if (/^[\x21-\x7E]+$/.test(name)) return name;
  const written = Array.from(name, (character) =>
    /[\x20-\x7E]/.test(character)
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
  return `"${written.join('')}"`;
}
