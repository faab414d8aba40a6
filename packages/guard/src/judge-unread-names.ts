import type { JudgeInput } from './judge-input.js';
import { EXPLICIT, type ProfileDecision } from './profile.js';
import type { RawEnvironment } from './read-environment.js';
import { violation, type Violation } from './violation.js';

/** A variable that is not read, and what to know of it. */
export interface Notice {
  readonly variable: string;
  /** Completes the variable's name. */
  readonly message: string;
}

/** Another one may say otherwise, and which database it is to be says nothing of the profile. */
const OF_PROFILE = /^(?:APP_|CI_)/;

/**
 * Variables whose names are a step away from one that decides where data lives. Refused where
 * something is missing that they may have been meant for, or could say otherwise; else, with all
 * others, only told.
 */
export function judgeUnreadNames({ raw, values, decision, service }: JudgeInput): {
  readonly violations: readonly Violation[];
  readonly notices: readonly Notice[];
} {
  const { profile, decidedBy } = decision;
  const isGiven = (name: string) => raw.texts.has(name) || raw.unreadable.has(name);
  const isServerGiven = [
    'DATABASE_URL',
    'DB_HOST',
    ...service.stores.map((store) => store.dsnVariable),
  ].some(isGiven);
  const isSettled = (meant: string) => {
    if (profile === 'PRODUCTION') return isServerGiven;
    if (profile !== 'LOCAL') return false;
    return decidedBy === EXPLICIT || (values.DB_TYPE === 'sqlite' && !OF_PROFILE.test(meant));
  };
  const isLost = (meant: string) => {
    const isDoubted = profile === 'LOCAL' && OF_PROFILE.test(meant);
    const isDoubled = !isDoubted && isGiven(meant.replace(/_FILE$/, ''));
    return !isSettled(meant) && !isDoubled;
  };
  const near = raw.unreadNames.near.map(({ name, meant }) => ({ variable: name, meant }));
  const notices = near
    .filter(({ meant }) => !isLost(meant))
    .map(({ variable, meant }) => ({ variable, message: `is not read; did you mean ${meant}?` }));
  return {
    violations: near
      .filter(({ meant }) => isLost(meant))
      .map(({ variable, meant }) =>
        violation(
          'SETTING_NAME_MISSPELT',
          variable,
          `is not read, and its name is nearly ${meant}`,
          `Name it ${meant}, or remove it; where it is another program's, set APP_PERSISTENCE_PROFILE.`,
        ),
      ),
    notices: [...notices, ...serversNotRead(raw, profile)],
  };
}

/** One line for all of them: they come together. */
function serversNotRead(
  { unreadNames: { servers, shell } }: RawEnvironment,
  profile: ProfileDecision['profile'],
): readonly Notice[] {
  const [variable] = [...servers, ...shell];
  if (profile !== 'LOCAL' || variable === undefined) return [];
  return [{ variable, message: 'is not read; a PostgreSQL is named by DATABASE_URL' }];
}
