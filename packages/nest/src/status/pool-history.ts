import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { DATABASES } from '../database/database.module.js';

const SAMPLE_MS = 1000;
/** Samples that one point of the chart is the highest of. */
const SAMPLES_OF_POINT = 5;
/** Half an hour. */
const MOST_POINTS = 360;

/** Of one pool, oldest first; each point is the highest of five samples, a second apart. */
export interface PoolLoad {
  readonly point_seconds: number;
  readonly used: readonly number[];
  readonly waiting: readonly number[];
}

/** Connections in use, and requests that wait for one, of the last half hour: in memory, and never more. */
@Injectable()
export class PoolHistory implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #loads = new Map<string, { readonly used: number[]; readonly waiting: number[] }>();
  #timer: NodeJS.Timeout | undefined;
  #samples = 0;

  constructor(@Inject(DATABASES) private readonly databases: readonly SqlDatabase[]) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.sample();
    }, SAMPLE_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** Called once a second. */
  sample(): void {
    const isNew = this.#samples % SAMPLES_OF_POINT === 0;
    this.#samples += 1;
    for (const database of this.databases) {
      const { checked_out: used, waiting } = database.statistics();
      const load = this.#loads.get(database.settings.name) ?? { used: [], waiting: [] };
      this.#loads.set(database.settings.name, load);
      record(load.used, used, isNew);
      record(load.waiting, waiting, isNew);
    }
  }

  /** @param name of the database; nothing is known of one that is not sampled */
  of(name: string): PoolLoad {
    const { used = [], waiting = [] } = this.#loads.get(name) ?? {};
    return { point_seconds: (SAMPLES_OF_POINT * SAMPLE_MS) / 1000, used, waiting };
  }
}

function record(points: number[], value: number, isNew: boolean): void {
  if (isNew || points.length === 0) points.push(value);
  else points.push(Math.max(points.pop() ?? 0, value));
  if (points.length > MOST_POINTS) points.shift();
}
