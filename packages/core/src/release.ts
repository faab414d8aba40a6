/** What runs: told by `GET /version`, and written into the migration ledger. */
export interface Release {
  readonly name: string;
  readonly version: string;
  /** Commit the build was made from; null when that is not known. */
  readonly commit: string | null;
  readonly node: string;
  /** SPDX identifier of what it may be used under; the API's description names it. */
  readonly license?: string;
  /** Whom the API's description names for questions; `author` of a `package.json`. */
  readonly author?: string;
  /** File of the runbook, with a section for each reason code; absent where the release has none. */
  readonly runbook?: string;
}

/** Injection token of the `Release`. */
export const RELEASE = 'holdfast.release';

/** A release as a program names itself: by what its `package.json` says. */
export type NamedRelease = Pick<Release, 'name' | 'version'> & Partial<Release>;

/** @returns with no commit and the running Node, where nothing else is given */
export function releaseOf(named: NamedRelease): Release {
  const { commit = null, node = process.version } = named;
  return { ...named, commit, node };
}
