import type { Metric } from '@holdfast/core/metric';
import type { StoreMigrations } from '@holdfast/migrate/status';
import type { Checks } from '../health/checks.js';
import type { HealthService } from '../health/health.service.js';
import type { MigrationStatusReader } from '../health/migration-status.js';
import type { ReadinessWatch } from '../health/readiness-watch.js';
import type { ReplicasIndicator } from '../health/replicas.indicator.js';

interface Sources {
  readonly health: HealthService;
  readonly checks: Checks;
  readonly watch: ReadinessWatch;
  readonly migrations: MigrationStatusReader;
  readonly replicas: ReplicasIndicator;
}

/** What the probes say: the same as `/health`, from what is known, without a question to any dependency. */
export function healthMetrics({
  health,
  checks,
  watch,
  migrations,
  replicas,
}: Sources): readonly Metric[] {
  return [
    {
      name: 'holdfast_ready',
      help: 'Whether requests may be sent here, as /health/ready answers: 1 or 0.',
      type: 'gauge',
      labels: [],
      async read() {
        const { status } = await health.readiness();
        return [{ labels: {}, value: Number(status !== 'fail') }];
      },
    },
    {
      name: 'holdfast_check_ok',
      help: 'Whether each check of /health passes: 1 or 0.',
      type: 'gauge',
      labels: ['check'],
      async read() {
        const { checks: found } = await health.readiness();
        // What is well is not in every body; while the service drains, nothing but that is.
        const well = health.isDraining ? [] : checks.used.map(({ name }) => [name, 1] as const);
        const told = Object.entries(found).map(([name, { ok }]) => [name, Number(ok)] as const);
        return [...new Map([...well, ...told])].map(([check, value]) => ({
          labels: { check },
          value,
        }));
      },
    },
    {
      name: 'holdfast_check_failing',
      help: 'Why each check fails that does, by its reason code: 1.',
      type: 'gauge',
      labels: ['check', 'code'],
      async read() {
        const { checks: found } = await health.readiness();
        return Object.entries(found).flatMap(([check, { ok, code }]) =>
          ok || code === undefined ? [] : [{ labels: { check, code }, value: 1 }],
        );
      },
    },
    {
      name: 'holdfast_ready_transitions_total',
      help: 'How often the service has become ready or not ready.',
      type: 'counter',
      labels: ['to'],
      read: () => watch.readyTransitions.read('to'),
    },
    {
      name: 'holdfast_check_failures_total',
      help: 'How often each check has begun to fail, or has failed for another reason.',
      type: 'counter',
      labels: ['check'],
      read: () => watch.checkFailures.read('check'),
    },
    {
      name: 'holdfast_migrations',
      help: 'Migrations of each store by what has become of them.',
      type: 'gauge',
      labels: ['store', 'status'],
      async read() {
        const { stores } = await migrations.read();
        return Object.entries(stores).flatMap(([store, { status, ...known }]) =>
          status === 'unknown' ? [] : countsOf(store, known),
        );
      },
    },
    {
      name: 'holdfast_replica_ok',
      help: 'Whether reads may go to each replica: 1 or 0.',
      type: 'gauge',
      labels: ['replica'],
      read: () =>
        replicas.read().map(({ name, ok }) => ({ labels: { replica: name }, value: Number(ok) })),
    },
    {
      name: 'holdfast_replica_lag_seconds',
      help: 'How far each replica is behind, where that is known.',
      type: 'gauge',
      labels: ['replica'],
      read: () =>
        replicas
          .read()
          .flatMap(({ name, lag_ms }) =>
            lag_ms === undefined ? [] : [{ labels: { replica: name }, value: lag_ms / 1000 }],
          ),
    },
  ];
}

type Known = Pick<StoreMigrations, 'applied' | 'pending' | 'ahead' | 'drifted'>;

function countsOf(store: string, { applied, pending, ahead, drifted }: Known) {
  const counts = { applied, pending: pending.length, ahead: ahead.length, drifted: drifted.length };
  return Object.entries(counts).map(([status, value]) => ({ labels: { store, status }, value }));
}
