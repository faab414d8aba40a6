import { Injectable } from '@nestjs/common';
import { inWords, listed, type ListedDeprecation } from '@holdfast/core/deprecation';
import type { Metric } from '@holdfast/core/metric';
import type { Prometheus } from './prometheus.js';

/** What `GET /metrics` answers. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** All metrics of the process. A store, or an application, registers its own beside them. */
@Injectable()
export class Metrics {
  readonly #metrics: Metric[] = [];
  #prometheus: Prometheus | undefined;

  /** Called once for each; they are read whenever somebody asks. @throws TypeError for a name that is taken */
  register(...metrics: readonly Metric[]): void {
    for (const metric of metrics) {
      if (this.#metrics.some(({ name }) => name === metric.name)) {
        throw new TypeError(`the metric ${metric.name} is registered twice`);
      }
      this.#metrics.push(withHelp(metric));
    }
  }

  /** Those that go away. */
  deprecated(): readonly ListedDeprecation[] {
    return this.#metrics.flatMap(({ name, deprecated }) =>
      deprecated ? [listed(name, deprecated)] : [],
    );
  }

  /** The library that writes them is not even loaded before somebody asks. */
  async expose(): Promise<Exposition> {
    const { Prometheus } = await import('./prometheus.js');
    this.#prometheus ??= new Prometheus();
    return this.#prometheus.expose(this.#metrics);
  }
}

function withHelp(metric: Metric): Metric {
  const { help, deprecated } = metric;
  return deprecated ? { ...metric, help: `${help} (${inWords(deprecated)})` } : metric;
}
