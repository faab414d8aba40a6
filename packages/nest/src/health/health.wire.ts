import { z } from 'zod';
import { lazySchema } from '../http/lazy-schema.js';
import { CHECK_NAMES } from './health-check.js';
import { BACKENDS } from '@holdfast/guard/store-declaration';

const time = lazySchema(() => z.iso.datetime());
const overall = lazySchema(() => z.enum(['ok', 'degraded', 'fail']));
const code = lazySchema(() =>
  z.string().meta({ description: 'A reason code() of the catalogue.' }),
);

const StoreCheck = lazySchema(() =>
  z
    .strictObject({
      ok: z.boolean(),
      detail: z.string(),
      latency_ms: z.number().optional(),
      code: code().optional(),
      failing_since: time().optional(),
      because: z
        .enum(CHECK_NAMES)
        .optional()
        .meta({ description: 'It fails for no other reason than that this one does.' }),
    })
    .meta({ id: 'Check' }),
);

const PooledCheck = lazySchema(() =>
  StoreCheck()
    .extend({
      saturated: z
        .literal(true)
        .optional()
        .meta({ description: 'Every connection of the pool is lent; no outage.' }),
    })
    .meta({ id: 'PooledCheck' }),
);

const EventLoopCheck = lazySchema(() =>
  StoreCheck()
    .extend({
      lag_ms: z.number().meta({ description: 'The longest within the last five seconds.' }),
    })
    .meta({ id: 'EventLoopCheck' }),
);

const ReplicaCheck = lazySchema(() =>
  StoreCheck()
    .extend({
      name: z.string(),
      database: z.string(),
      lag_ms: z
        .int()
        .optional()
        .meta({ description: 'What it shows is at most so old; absent when that is not known.' }),
    })
    .meta({ id: 'ReplicaCheck' }),
);

const DatabaseCheck = lazySchema(() =>
  PooledCheck()
    .extend({
      stores: z.record(z.string(), PooledCheck()).optional(),
    })
    .meta({ id: 'DatabaseCheck' }),
);

const checks = lazySchema(() => ({
  db: DatabaseCheck().optional(),
  migrations: StoreCheck().optional(),
  redis: StoreCheck().optional(),
  login: StoreCheck().optional().meta({ description: 'Only while new logins fail.' }),
  event_loop: EventLoopCheck().optional(),
  replicas: StoreCheck().optional().meta({ description: 'Only while one is not read from.' }),
  shutdown: StoreCheck().optional(),
}));
/** Checks of the application have names of their own. */
const Checks = lazySchema(() => z.object(checks()).catchall(StoreCheck()).meta({ id: 'Checks' }));

const advice = lazySchema(() => ({
  fix: z.string().optional().meta({ description: 'Beside a code: what to do.' }),
  runbook: z
    .string()
    .optional()
    .meta({ description: 'Beside a code: its section of the runbook.' }),
}));
const AdvisedCheck = lazySchema(() => StoreCheck().extend(advice()).meta({ id: 'AdvisedCheck' }));
const AdvisedPooledCheck = lazySchema(() =>
  PooledCheck().extend(advice()).meta({ id: 'AdvisedPooledCheck' }),
);
const AdvisedChecks = lazySchema(() =>
  z
    .object({
      db: AdvisedPooledCheck()
        .extend({
          stores: z.record(z.string(), AdvisedPooledCheck()).optional(),
        })
        .optional(),
      migrations: AdvisedCheck().optional(),
      redis: AdvisedCheck().optional(),
      login: AdvisedCheck().optional(),
      event_loop: EventLoopCheck().extend(advice()).optional(),
      replicas: AdvisedCheck().optional(),
      shutdown: AdvisedCheck().optional(),
    })
    .catchall(AdvisedCheck())
    .meta({ id: 'AdvisedChecks' }),
);

export const ReadyBody = lazySchema(() =>
  z
    .strictObject({
      status: overall(),
      profile: z.enum(['LOCAL', 'PRODUCTION']),
      version: z.string(),
      timestamp: time(),
      checks: Checks(),
    })
    .meta({ id: 'Readiness' }),
);

/**
 * `exclude` may be repeated, or hold several names with commas between.
 * @param names of the checks that there are
 */
export const readyQueryOf = (names: readonly string[]) =>
  z.object({
    exclude: z
      .union([z.string(), z.array(z.string())])
      .default([])
      .transform((given) => [given].flat().flatMap((list) => list.split(',')))
      .pipe(z.array(z.enum(names)))
      .meta({
        description:
          'Checks to leave out, with what fails only because of them; repeated, or separated by commas.',
      }),
  });

export const ReadyQuery = readyQueryOf(CHECK_NAMES);

export const CheckPath = z.object({ check: z.string() });

export const LiveBody = lazySchema(() =>
  z.strictObject({ status: z.literal('ok') }).meta({ id: 'Liveness' }),
);

export const StartupBody = lazySchema(() =>
  z.strictObject({ status: z.enum(['ok', 'starting']) }).meta({ id: 'Startup' }),
);

const PoolBody = lazySchema(() =>
  z
    .strictObject({
      name: z.string(),
      type: z.enum(['postgresql', 'sqlite']),
      stores: z.array(z.string()),
      size: z.int(),
      max_overflow: z.int(),
      checked_out: z.int(),
      idle: z.int(),
      overflow: z.int(),
      waiting: z.int(),
      acquired_total: z.int(),
      timeouts_total: z.int(),
      leaks_total: z.int(),
      acquire_ms: z.strictObject({ p50: z.number(), p99: z.number() }),
    })
    .meta({ id: 'Pool' }),
);

export const PoolsBody = lazySchema(() =>
  z.strictObject({ pools: z.array(PoolBody()) }).meta({ id: 'Pools' }),
);

const state = lazySchema(() => z.enum(['head', 'pending', 'ahead', 'drifted', 'unknown']));

export const MigrationsBody = lazySchema(() =>
  z
    .strictObject({
      status: state(),
      stores: z.record(
        z.string(),
        z.strictObject({
          backend: z.enum(BACKENDS),
          status: state(),
          current: z.string().nullable(),
          applied: z.int(),
          expected: z.int(),
          pending: z.array(z.string()),
          ahead: z.array(z.string()),
          backward_compatible: z.boolean().optional(),
          broken_statements: z.number().int().optional(),
          broken_routes: z.array(z.string()).optional().meta({
            description: 'Routes that the schema breaks, as `GET /orders/{order_id}`.',
          }),
          drifted: z.array(z.string()),
          out_of_order: z.array(z.string()).optional(),
          renamed: z
            .array(z.strictObject({ applied: z.string(), file: z.string() }))
            .optional()
            .meta({ description: 'Applied before its file was renamed.' }),
        }),
      ),
    })
    .meta({ id: 'Migrations' }),
);

export const OverviewBody = lazySchema(() =>
  ReadyBody()
    .extend({
      checks: AdvisedChecks(),
      environment: z.string().nullable(),
      uptime_seconds: z.number(),
      database: z.strictObject({
        type: z.enum(['postgresql', 'sqlite', 'memory']),
        status: z.string(),
        pool: PoolBody().nullable(),
      }),
      replicas: z
        .array(ReplicaCheck().extend(advice()))
        .optional()
        .meta({ description: 'Only with DB_READ_REPLICA_URLS.' }),
      stores: z.record(
        z.string(),
        z.strictObject({
          backend: z.enum(BACKENDS),
          database: z.string().nullable(),
          fingerprint: z.string().nullable().meta({
            description:
              'Of the PostgreSQL database that the start has verified: a short hash, the same for the same database; null under LOCAL and elsewhere.',
          }),
        }),
      ),
      migrations: MigrationsBody(),
      shadow: z.array(
        z.strictObject({
          code: code(),
          variable: z.string(),
          message: z.string(),
          fix: z.string(),
        }),
      ),
    })
    .meta({ id: 'Health' }),
);

export const DiagnosticsBody = lazySchema(() =>
  z
    .strictObject({
      status: z.enum(['ok', 'fail']),
      profile: z.string(),
      version: z.string(),
      timestamp: time(),
      storage: z.strictObject({
        write_probe_ok: z.boolean(),
        backends: z.record(z.string(), z.enum(BACKENDS)),
        databases: z.array(
          z.strictObject({ name: z.string(), type: z.string(), write_probe_ok: z.boolean() }),
        ),
      }),
    })
    .meta({ id: 'Diagnostics' }),
);

export const VersionBody = lazySchema(() =>
  z
    .strictObject({
      name: z.string(),
      version: z.string(),
      commit: z.string().nullable(),
      node: z.string(),
    })
    .meta({ id: 'Version' }),
);
