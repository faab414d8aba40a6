import type { Chain } from './chain.js';
import { passed } from './finding.js';

/** What a service checks itself before traffic is switched. */
export interface OwnCheck {
  /** Its line in the report. */
  readonly name: string;
  /**
   * Bounded by 10 seconds, like the others.
   * @returns what it has found, for people
   * @throws a `ReasonError`, whose code and message go into the report and whose exit code counts; any other
   * error is told as INTERNAL_ERROR
   */
  ask(): Promise<string> | string;
}

export function ownChain(check: OwnCheck): Chain {
  const { name } = check;
  return {
    names: [name],
    run: async (tell) => {
      tell(name, passed(await check.ask()));
    },
  };
}
