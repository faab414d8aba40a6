/** What goes away: since which version that is known, in which it is gone, and what is there in its place. */
export interface Deprecation {
  /** Version that says so first: a minor one, such as 1.4.0. */
  readonly since: string;
  /** Day of that version, as YYYY-MM-DD. */
  readonly sinceDay: string;
  /** Version that does not have it any more: a major one after it, or below 1.0.0 a minor one. */
  readonly removedIn: string;
  /** Day from which it may be gone, as YYYY-MM-DD; absent where none is known. */
  readonly sunsetDay?: string;
  /** What is used in its place, as part of a sentence. */
  readonly instead: string;
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * A deprecation that keeps the policy: a minor version says so before a version that may break removes it.
 * @throws TypeError for versions and days that are none, and for a removal that comes too early
 */
export function deprecation(declared: Deprecation): Deprecation {
  const { since, sinceDay, removedIn, sunsetDay } = declared;
  const [sinceMajor, sinceMinor, sincePatch] = numbersOf(since);
  const [major, minor, patch] = numbersOf(removedIn);
  const isNextMajor = major > sinceMajor && minor === 0;
  const isNextMinor = major === 0 && sinceMajor === 0 && minor > sinceMinor;
  if (sincePatch !== 0 || patch !== 0 || !(isNextMajor || isNextMinor))
    throw new TypeError(`what ${since} deprecates cannot be removed in ${removedIn}`);
  for (const day of [sinceDay, sunsetDay ?? sinceDay])
    if (!DAY.test(day) || Number.isNaN(Date.parse(day))) throw new TypeError(`${day} is no day`);
  if (sunsetDay !== undefined && sunsetDay < sinceDay)
    throw new TypeError(`${sunsetDay} is before ${sinceDay}`);
  return declared;
}

function numbersOf(version: string): readonly [number, number, number] {
  const [, major, minor, patch] = VERSION.exec(version) ?? [];
  if (major === undefined) throw new TypeError(`${version} is no version`);
  return [Number(major), Number(minor), Number(patch)];
}

/** By their names, as they are answered: `Deprecation` (RFC 9745) and, where the day is known, `Sunset` (RFC 8594). */
export function deprecationHeaders({
  sinceDay,
  sunsetDay,
}: Deprecation): Readonly<Record<string, string>> {
  return {
    Deprecation: `@${Date.parse(sinceDay) / 1000}`,
    ...(sunsetDay !== undefined && { Sunset: new Date(sunsetDay).toUTCString() }),
  };
}

/** As part of a text for people. */
export function inWords({ since, removedIn, instead }: Deprecation): string {
  return `deprecated since ${since}, removed in ${removedIn}: use ${instead}`;
}

/** As it stands in lists that programs read. */
export function listed(
  name: string,
  { since, sinceDay, removedIn, sunsetDay, instead }: Deprecation,
) {
  return {
    name,
    since,
    since_day: sinceDay,
    removed_in: removedIn,
    sunset_day: sunsetDay ?? null,
    instead,
  };
}

/** One line of a list of what is deprecated. */
export type ListedDeprecation = ReturnType<typeof listed>;
