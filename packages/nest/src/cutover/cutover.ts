import type { Configuration } from '@holdfast/guard/configure';
import { readFile } from '@holdfast/guard/configure';
import { resolveSettings } from '@holdfast/guard/resolve-settings';
import { EXIT } from '@holdfast/core/reasons';
import { type Service, migratedStoresOf } from '@holdfast/migrate/service';
import { type Chain, type Checked, type CheckMessage, runChains } from './chain.js';
import type { CheckContext } from './context.js';
import { failed, notRun, passed } from './finding.js';

export interface CutoverFlags extends Pick<CheckContext, 'instances' | 'reserve'> {
  readonly connect: boolean;
  readonly migrations: boolean;
}

/** Checks of a service's own, made before the others. */
export type FurtherChains = (
  context: CheckContext,
  flags: CutoverFlags,
) => Promise<readonly Chain[]> | readonly Chain[];

/**
 * All that can be known before traffic is switched. Nothing is left out silently: what cannot be
 * checked is reported as not run.
 * @param report gets which checks there are, and then each finding as soon as there is one
 */
export async function checkCutover(
  service: Service,
  { raw, verdict }: Configuration,
  flags: CutoverFlags,
  report: (message: CheckMessage) => void,
  further: FurtherChains = () => [],
): Promise<void> {
  const { settings, unresolved } =
    'settings' in verdict
      ? { settings: verdict.settings, unresolved: [] }
      : resolveSettings(raw, service, readFile);
  const context = settings && {
    settings,
    stores: () => migratedStoresOf(service, settings.stores),
    instances: flags.instances,
    reserve: flags.reserve,
  };
  const chains = [
    ...(context ? await further(context, flags) : []),
    ...(flags.connect && context ? await connectChains(context) : []),
    ...(flags.migrations && context ? await migrationChains(context) : []),
  ];
  const missing = [
    ...unresolved.flatMap((store) => [
      ...(flags.connect ? [`store.${store}`] : []),
      ...(flags.migrations ? [`migrations.${store}`] : []),
    ]),
    ...(flags.connect && isRedisRefused({ raw, verdict }) ? ['redis'] : []),
  ];
  const guard = guardFindings({ raw, verdict });
  const planned = [...guard.map(({ name }) => name), ...chains.flatMap(({ names }) => names)];
  report({ planned: [...planned, ...missing] });
  for (const checked of guard) report({ checked });
  for (const name of missing) {
    report({ checked: { name, ...notRun('the configuration is refused') } });
  }
  await runChains(chains, (checked) => {
    report({ checked });
  });
}

function guardFindings({ verdict }: Configuration): readonly Checked[] {
  if ('settings' in verdict) {
    const { profile, strict, ignoredParameters, exposedFiles } = verdict.settings;
    if (profile !== 'PRODUCTION') {
      const detail = `${profile}: what is checked here says nothing of a service in PRODUCTION`;
      return [{ name: 'guard', ...failed('CUTOVER_PROFILE_NOT_PRODUCTION', detail) }];
    }
    const ignored = ignoredParameters.map(({ variable, message }) => `; ${variable} ${message}`);
    const exposed = exposedFiles.map(
      ({ variable, message }) => `; SECRET_FILE_PERMISSIONS: ${variable} ${message}`,
    );
    const told = [strict ? ', strict' : '', ...ignored, ...exposed].join('');
    return [{ name: 'guard', ...passed(`${profile}${told}`) }];
  }
  const counts = new Map<string, number>();
  return verdict.violations.map(({ code, variable, message, fix }) => {
    const count = (counts.get(variable) ?? 0) + 1;
    counts.set(variable, count);
    return {
      name: `guard.${variable}${count === 1 ? '' : `.${count}`}`,
      ...failed(code, `${variable} ${message}. ${fix}`),
      exit: EXIT.configuration,
    };
  });
}

function isRedisRefused({ verdict }: Configuration): boolean {
  return (
    'violations' in verdict &&
    verdict.violations.some(({ variable }) => /^REDIS_URL(_FILE)?$/.test(variable))
  );
}

async function connectChains(context: CheckContext): Promise<readonly Chain[]> {
  const { databases, redisUrl, redisAuthorities } = context.settings;
  const { postgresChain } = await import('./postgres-chain.js');
  const { sqliteChain } = await import('./sqlite-chain.js');
  const { replicaChain } = await import('./replica-chain.js');
  const { redisChain } = await import('./redis-chain.js');
  return [
    ...databases.flatMap((database) =>
      database.type === 'sqlite'
        ? [sqliteChain(database, context)]
        : [
            postgresChain(database, context),
            ...(database.replicas ?? []).map((each) => replicaChain(each, database, context)),
          ],
    ),
    ...(redisUrl ? [redisChain(redisUrl, redisAuthorities)] : []),
  ];
}

async function migrationChains(context: CheckContext): Promise<readonly Chain[]> {
  const { migrationChain } = await import('./migration-chain.js');
  const { databases, stores } = context.settings;
  const inMemory = stores.filter(({ database }) => database === undefined);
  return [
    ...databases.map((database) => migrationChain(database, context)),
    ...inMemory.map(({ store }): Chain => {
      const name = `migrations.${store}`;
      const run: Chain['run'] = (report) => {
        report(name, passed('in memory: there are no tables'));
        return Promise.resolve();
      };
      return { names: [name], run };
    }),
  ];
}
