const MAX_NAMES = 3;
/** Characters that are compared: no name is longer. */
const MAX_CHARACTERS = 100;

/**
 * Names that somebody may have meant, best first: by the fewest characters to insert, delete or
 * change; names of which it is a part come first.
 */
export function nearest(given: string, names: readonly string[]): readonly string[] {
  return names
    .map((name) => ({ name, distance: distanceOf(given, name) }))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, MAX_NAMES)
    .map(({ name }) => name);
}

function distanceOf(given: string, name: string): number {
  if (given !== '' && name.includes(given)) return name.startsWith(given) ? -1 : 0;
  let row = Array.from({ length: name.length + 1 }, (_, index) => index);
  for (let at = 0; at < Math.min(given.length, MAX_CHARACTERS); at += 1) {
    const before = row;
    row = [at + 1];
    for (let index = 1; index <= name.length; index += 1) {
      const changed = (before[index - 1] ?? 0) + (name[index - 1] === given[at] ? 0 : 1);
      row.push(Math.min(changed, (before[index] ?? 0) + 1, (row[index - 1] ?? 0) + 1));
    }
  }
  return row[name.length] ?? 0;
}
