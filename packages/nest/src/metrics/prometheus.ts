import prom from 'prom-client';
import type { DurationCounts } from '@holdfast/core/duration-histogram';
import type { Labels, Metric, Sample } from '@holdfast/core/metric';
import type { Exposition } from './metrics.js';

type Timed = Extract<Metric, { type: 'histogram' }>;
type Written = ReturnType<prom.Histogram['get']>;

/** Gauges of `prom-client` under names of counters, which `promtool check metrics` refuses; each has its parts by type beside it. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Writes metrics by `prom-client`, with its own of the process and of Node, which begin at the first question. */
export class Prometheus {
  readonly #registry = new prom.Registry();
  #registered = 0;

  constructor() {
    prom.collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  /**
   * @param metrics those of before, and perhaps more behind them
   * @throws Error for a name, or a label, that Prometheus does not take
   */
  async expose(metrics: readonly Metric[]): Promise<Exposition> {
    for (const metric of metrics.slice(this.#registered)) register(metric, this.#registry);
    this.#registered = metrics.length;
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

function register(metric: Metric, registry: prom.Registry): void {
  if (metric.type === 'histogram') {
    registry.registerMetric(new RecordedHistogram(metric));
    return;
  }
  const { name, help, labels } = metric;
  const described = { name, help, labelNames: [...labels], registers: [registry] };
  const isCounter = metric.type === 'counter';
  const written = isCounter ? new prom.Counter(described) : new prom.Gauge(described);
  Object.assign(written, {
    async collect() {
      const samples = await metric.read();
      written.reset();
      for (const sample of samples) written.inc(sample.labels, sample.value);
    },
  });
}

/** `prom-client`'s own takes a microsecond and more to observe a value: what is written was counted elsewhere. */
class RecordedHistogram extends prom.Histogram {
  readonly #metric: Timed;

  constructor(metric: Timed) {
    super({ name: metric.name, help: metric.help, labelNames: [...metric.labels], registers: [] });
    this.#metric = metric;
  }

  override get(): Written {
    const { name, help, read } = this.#metric;
    const values = read().flatMap((sample) => valuesOf(name, sample));
    // Declared with a `collect` that the library's own does not return either.
    return Promise.resolve({ name, help, type: 'histogram', values }) as unknown as Written;
  }

  /** By which `prom-client`'s registry asks. */
  getForPromString() {
    return this.get();
  }
}

function valuesOf(
  name: string,
  { labels, value: { buckets, count, sum } }: Sample<DurationCounts>,
) {
  const valueOf = (part: string, value: number, own: Labels = {}) => ({
    metricName: `${name}_${part}`,
    value,
    labels: own,
    // Written once for all of them, as they are the same object.
    sharedLabels: labels,
  });
  return [
    ...buckets.map(({ le, count: upTo }) => valueOf('bucket', upTo, { le: String(le) })),
    valueOf('bucket', count, { le: '+Inf' }),
    valueOf('sum', sum),
    valueOf('count', count),
  ];
}
