import { violation, type Violation } from './violation.js';

/** What Kubernetes, and Docker's links, put into a variable `NAME_PORT` for a service of that name. */
const SERVICE_LINK = /^\s*\w+:\/\//;

const SERVICE_LINK_FIX =
  "Kubernetes sets it for a Service named db: set `enableServiceLinks: false` in the pod's spec, or give DB_PORT a number, or DATABASE_URL in place of the parts.";

/**
 * `DB_PORT` counts where the parts are used, for others set it, too.
 * @param wrong what is said of the values of all variables
 */
export function judgeServerPort(
  wrong: readonly Violation[],
  text: string | undefined,
  usesParts: boolean,
): readonly Violation[] {
  return wrong.flatMap((each) => {
    if (each.variable !== 'DB_PORT') return [each];
    if (!usesParts) return [];
    if (!SERVICE_LINK.test(text ?? '')) return [each];
    return [violation(each.code, each.variable, each.message, SERVICE_LINK_FIX)];
  });
}
