import { CHECK_NAME } from '../health/health-check.js';
import type { Chain } from './chain.js';
import { passed } from './finding.js';

/** What an application checks itself before traffic is switched. */
export interface CutoverCheck {
  /** Its line in the report: lower case, with underscores. */
  readonly name: string;
  /**
   * Bounded by 10 seconds, like the others.
   * @returns what it has found, for people
   * @throws a `ReasonError`, whose code and message go into the report and whose exit code counts; any other
   * error is reported as INTERNAL_ERROR
   */
  run(): Promise<string> | string;
}

/** Lines of the report that are not an application's. */
const RESERVED: readonly string[] = ['guard', 'redis'];

const registered = new Map<string, CutoverCheck>();

/**
 * Adds a check to `check()`, from the module that it belongs to.
 * @throws TypeError for a name that is taken or malformed
 */
export function registerCheck(check: CutoverCheck): void {
  const { name } = check;
  if (!CHECK_NAME.test(name) || RESERVED.includes(name) || registered.has(name))
    throw new TypeError(`${JSON.stringify(name)} is no name of a check, or is taken`);
  registered.set(name, check);
}

/** In the order of their registration. */
export function registeredChecks(): readonly CutoverCheck[] {
  return [...registered.values()];
}

export function chainOfCheck(check: CutoverCheck): Chain {
  const { name } = check;
  return {
    names: [name],
    run: async (report) => {
      report(name, passed(await check.run()));
    },
  };
}
