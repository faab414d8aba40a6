import {
  isStrictName,
  readEnvironmentNames,
  undecidedByName,
  undecidedByProductionOnly,
  undecidedByUnreadName,
  undecidedOnPlatform,
} from './environment-name.js';
import { violation, type Violation } from './violation.js';

export const PROFILES = ['LOCAL', 'PRODUCTION'] as const;

/** A coherent set of defaults and rules about where data may live. */
export type Profile = (typeof PROFILES)[number];

export interface ProfileDecision {
  /** Absent when it is unknown or undecided; a violation then says so. */
  readonly profile?: Profile;
  /** The variable that decided; absent where there is nothing at all to decide by. */
  readonly decidedBy?: string;
  /** The environment's name as given, the first of `APP_ENV`, `ENV`, `AB_ENV`. */
  readonly environment?: string;
  readonly strict: boolean;
  readonly violations: readonly Violation[];
}

type Texts = ReadonlyMap<string, string>;

/** Variables that do not decide the profile and yet say something of it: the first of each kind. */
export interface Signs {
  /** Says that a platform runs this process. */
  readonly mark?: string;
  /** A variable that only PRODUCTION heeds: who gives it does not mean LOCAL. */
  readonly productionOnly?: string;
  /** Names a profile that is not LOCAL, or a strict environment. */
  readonly profile?: string;
  /** Names an environment that is not known to be local, for another program perhaps. */
  readonly environment?: string;
}

/** Chosen by this one, LOCAL is chosen on purpose. */
export const EXPLICIT = 'APP_PERSISTENCE_PROFILE';

const TRUE = /^\s*(1|true|yes|on)\s*$/i;

/**
 * The decision table: LOCAL is chosen, never fallen into. An environment is strict when any of its
 * names is, and unknown when any is and none is strict.
 * @param signs what other variables say, where those that are read leave it open
 */
export function decideProfile(texts: Texts, signs: Signs = {}): ProfileDecision {
  const names = readEnvironmentNames(texts);
  const strictBy = TRUE.test(texts.get('CI_STRICT') ?? '') ? 'CI_STRICT' : names.strict;
  const { environment } = names;
  const shared = { ...(environment !== undefined && { environment }), strict: !!strictBy };
  const decided = (profile: Profile, decidedBy?: string): ProfileDecision => ({
    ...shared,
    profile,
    ...(decidedBy !== undefined && { decidedBy }),
    violations: [],
  });
  const refused = (fault: Violation): ProfileDecision => ({ ...shared, violations: [fault] });

  const explicit = texts.get(EXPLICIT);
  if (explicit !== undefined) return { ...shared, ...judgeExplicit(explicit, strictBy) };
  if (strictBy) return decided('PRODUCTION', strictBy);
  // A build mode, which makes nothing strict; read like a name, for those who write `prod`.
  if (isStrictName(texts.get('NODE_ENV') ?? '')) return decided('PRODUCTION', 'NODE_ENV');
  if (names.other) return refused(undecidedByName(names.other));
  if (signs.productionOnly) return refused(undecidedByProductionOnly(signs.productionOnly));
  if (signs.profile) return refused(undecidedByUnreadName(signs.profile));
  if (names.local) return decided('LOCAL', names.local);
  if (signs.environment) return refused(undecidedByUnreadName(signs.environment));
  if (signs.mark) return refused(undecidedOnPlatform(signs.mark));
  return decided('LOCAL');
}

/** @param strictBy the variable that makes the environment strict */
function judgeExplicit(text: string, strictBy: string | undefined) {
  const profile = PROFILES.find((name) => name === text.trim().toUpperCase());
  if (!profile) {
    const message = 'is neither LOCAL nor PRODUCTION';
    return { violations: [violation('PERSISTENCE_PROFILE_UNKNOWN', EXPLICIT, message)] };
  }
  const violations =
    profile === 'LOCAL' && strictBy
      ? [
          violation(
            'PERSISTENCE_PROFILE_CONFLICTS_WITH_ENVIRONMENT',
            EXPLICIT,
            `is LOCAL, but ${strictBy} makes this a strict environment`,
          ),
        ]
      : [];
  return { profile, decidedBy: EXPLICIT, violations };
}
