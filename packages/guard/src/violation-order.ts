import type { Violation } from './violation.js';
import './reasons.js';

/** The first rows of the contract's table; the guard makes all others in their order. */
const FIRST = [
  'PERSISTENCE_PROFILE_UNKNOWN',
  'PERSISTENCE_PROFILE_UNDECIDED',
  'SETTING_QUOTED',
  'SETTING_GIVEN_TWICE',
  'SETTING_NAME_MISSPELT',
  'SETTING_FILE_UNSUPPORTED',
  'POSTGRES_SETTINGS_UNUSED',
  'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT',
];

/**
 * In the order of the contract's table, each by the name that its variable was given by.
 * @param aliases variables that are given by another name
 * @param isForProduction whether it is no developer's machine, as far as can be told
 */
export function inReportOrder(
  violations: readonly Violation[],
  aliases: ReadonlyMap<string, string>,
  isForProduction: boolean,
): readonly Violation[] {
  const told = violations
    .map((each) => ({ ...each, variable: aliases.get(each.variable) ?? each.variable }))
    .toSorted((one, other) => rankOf(one) - rankOf(other));
  return isForProduction ? pointing(told) : told;
}

/** What is refused under PRODUCTION ends with where to read on. */
export function pointing(violations: readonly Violation[]): readonly Violation[] {
  const last = violations.at(-1);
  if (!last) return [];
  return [...violations.slice(0, -1), { ...last, fix: `${last.fix} See docs/PRODUCTION.md.` }];
}

function rankOf({ code }: Violation): number {
  const rank = FIRST.indexOf(code);
  return rank < 0 ? FIRST.length : rank;
}
