import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { withDeadline } from '@holdfast/core/deadline';
import { LOG, type Log } from '@holdfast/core/log';
import { RELEASE, type Release } from '@holdfast/core/release';
import { runningVariables } from '@holdfast/guard/running-variables';
import type { Settings } from '@holdfast/guard/settings';
import { HealthService } from '../health/health.service.js';
import { redisFailure } from '../redis/failure.js';
import { REDIS } from '../redis/redis.module.js';
import type { Redis, Script } from '../redis/redis.js';
import { SETTINGS } from '../settings.module.js';
import type { Start, StartChange } from './start.js';

/** A start counts once it has served for so long; while something is not known, it is tried again as often. */
const AFTER_MS = 5000;
const ANSWER_MS = 1000;
/** With the form of what is kept there. */
const PLACE = 'holdfast:starts:v1';
/** Starts that differ: who rolls out looks back at one. */
const MOST_STARTS = 10;
/** A quarter of a year: a service that is not started for longer has nothing to compare with. */
const KEPT_MS = 90 * 86_400_000;

/**
 * Keeps a start that differs from the one before, and answers the last two, newest first; each is a time, a blank, and
 * what the start is compared by.
 */
const KEEP = `
local newest = redis.call('LINDEX', KEYS[1], 0)
if not newest or string.sub(newest, string.len(ARGV[1]) + 2) ~= ARGV[2] then
  redis.call('LPUSH', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
  redis.call('LTRIM', KEYS[1], 0, ARGV[3] - 1)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return redis.call('LRANGE', KEYS[1], 0, 1)`;

/** What has changed since the last start of this service that was another one. */
export type SinceStart =
  /** Nothing to compare with: no Redis, or it has not been asked yet, or this is the first start that it has. */
  | { readonly known: false; readonly why: 'no_redis' | 'not_yet' | 'first' }
  | {
      readonly known: true;
      /** When the first start came that is as this one. */
      readonly at: string;
      /** When the one before came that differs. */
      readonly before_at: string;
      readonly changes: readonly StartChange[];
    };

/**
 * Compares this start with those before. They are kept in Redis, which all instances share: what is lost there is not
 * missed, and the role in the database needs no more rights for it.
 */
@Injectable()
export class StartRecord implements OnApplicationBootstrap, OnApplicationShutdown {
  #since: SinceStart;
  #keep: Script | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isTold = false;

  constructor(
    @Inject(REDIS) private readonly redis: Redis | null,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(RELEASE) private readonly release: Release,
    @Inject(LOG) private readonly log: Log,
    private readonly health: HealthService,
  ) {
    this.#since = { known: false, why: redis ? 'not_yet' : 'no_redis' };
  }

  get since(): SinceStart {
    return this.#since;
  }

  onApplicationBootstrap(): void {
    if (!this.redis) return;
    const { redis } = this;
    this.#timer = setInterval(() => void this.#record(redis), AFTER_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async #record(redis: Redis): Promise<void> {
    if (this.#isAsking || !this.health.isStarted || this.health.isDraining) return;
    this.#isAsking = true;
    try {
      const start = await this.#start();
      if (!start) return;
      this.#keep ??= redis.script('holdfastStartKeep', 1, KEEP);
      const { profile, environment } = this.settings;
      const key = `${PLACE}:${this.release.name}:${profile}:${environment ?? ''}`;
      const now = new Date().toISOString();
      const answer = this.#keep(key, now, JSON.stringify(start), MOST_STARTS, KEPT_MS);
      this.#since = await sinceOf((await withDeadline(ANSWER_MS, answer)) as readonly string[]);
      clearInterval(this.#timer);
    } catch (error) {
      this.#tell(error);
    } finally {
      this.#isAsking = false;
    }
  }

  /** Undefined while something of it is not known. */
  async #start(): Promise<Start | undefined> {
    const [{ settingsOf }, variables, { migrations, stores }] = await Promise.all([
      import('./start.js'),
      runningVariables(this.settings),
      this.health.overview(),
    ]);
    if (migrations.status === 'unknown') return undefined;
    const schema = Object.entries(migrations.stores).map(([store, { current }]) => [
      store,
      current,
    ]);
    const databases = Object.entries(stores).map(([store, { fingerprint }]) => [
      store,
      fingerprint,
    ]);
    const { version, commit } = this.release;
    return {
      version,
      commit,
      settings: settingsOf(variables ?? []),
      schema: given(schema),
      databases: given(databases),
    };
  }

  /** Once: readiness tells that Redis is away. */
  #tell(error: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { code } = redisFailure(error);
    this.log.warn({ event: 'start.unrecorded', code }, 'this start is compared with none before');
  }
}

async function sinceOf([own, before]: readonly string[]): Promise<SinceStart> {
  if (own === undefined || before === undefined) return { known: false, why: 'first' };
  const { startChanges } = await import('./start.js');
  const [after, earlier] = [parsed(own), parsed(before)];
  const changes = startChanges(earlier.start, after.start);
  return { known: true, at: after.at, before_at: earlier.at, changes };
}

function parsed(text: string): { readonly at: string; readonly start: Start } {
  const blank = text.indexOf(' ');
  return { at: text.slice(0, blank), start: JSON.parse(text.slice(blank + 1)) as Start };
}

function given(entries: readonly (readonly unknown[])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as Record<
    string,
    string
  >;
}
