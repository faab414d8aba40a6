import { assembleSettings } from './assemble-settings.js';
import { judgeCallers, judgeCallerValues } from './judge-callers.js';
import { judgeInput, judgeStores, type StoreJudgement } from './judge-input.js';
import { judgeUnreadNames } from './judge-unread-names.js';
import { judgeRateLimits } from './rate-limit-settings.js';
import type { RawEnvironment, ReadFile } from './read-environment.js';
import { withRedisUrl } from './redis-url.js';
import { judgeReplicas } from './replicas.js';
import { judgeServerPort } from './server-port.js';
import type { ServiceDeclaration } from './service-declaration.js';
import type { SettingsVerdict } from './settings.js';
import { judgeUnusedPostgres } from './unused-postgres.js';
import { judgeRedis, judgeShutdown, judgeSslMode } from './value-rules.js';
import { inReportOrder } from './violation-order.js';

const NO_STORES: StoreJudgement = {
  choices: [],
  rules: [],
  backends: [],
  dsns: [],
  usesParts: false,
};

/**
 * The guard: all variables and rules at once. Every violation is reported, in the order of the
 * contract's table; settings exist only when there is none.
 */
export function judgeSettings(
  raw: RawEnvironment,
  service: ServiceDeclaration,
  readFile: ReadFile,
): SettingsVerdict {
  const input = judgeInput(raw, service, readFile);
  const { decision, values, dsnContext } = input;
  const judged = decision.profile ? judgeStores(input, decision.profile) : NO_STORES;
  const invalid = judgeServerPort(input.invalid, raw.texts.get('DB_PORT'), judged.usesParts);
  const violations = [
    ...decision.violations,
    ...judgeUnusedPostgres(input),
    ...judgeUnreadNames(input).violations,
    ...judged.rules,
    ...judgeRedis(decision, raw),
    ...(decision.profile ? judgeCallers(input, decision.profile) : []),
    ...judged.dsns,
    ...judgeReplicas(raw, dsnContext).violations,
    ...judged.backends,
    ...raw.violations,
    ...withRedisUrl(raw.texts.get('REDIS_URL'), invalid),
    ...judgeShutdown(values, invalid),
    ...judgeRateLimits(values, invalid),
    ...judgeSslMode(values),
    ...(decision.profile ? judgeCallerValues(input, decision.profile) : []),
    ...input.postgresAuthorities.violations,
    ...input.redisAuthorities.violations,
  ];
  const isForProduction = decision.profile !== 'LOCAL' || decision.strict;
  const [first, ...others] = inReportOrder(violations, raw.aliases, isForProduction);
  if (first) return { violations: [first, ...others] };
  if (!decision.profile) throw new TypeError('an unknown profile is always a violation');
  return { settings: assembleSettings(input, decision.profile, judged.choices) };
}
