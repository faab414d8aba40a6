import prom from 'prom-client';
import { labelValue, type Metric } from '@holdfast/core/metric';
import type { Exposition } from './metrics.js';

type Timed = Extract<Metric, { type: 'histogram' }>;

/** Gauges of `prom-client` under names of counters, which `promtool check metrics` refuses; each has its parts by type beside it. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Writes metrics by `prom-client`, with its own of the process and of Node, which begin at the first question. */
export class Prometheus {
  readonly #registry = new prom.Registry();
  readonly #histograms: Timed[] = [];
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
    for (const metric of metrics.slice(this.#registered)) this.#register(metric);
    this.#registered = metrics.length;
    const others = await this.#registry.metrics();
    const text = [others, ...this.#histograms.map(histogramText)].join('\n');
    return { contentType: this.#registry.contentType, text };
  }

  #register(metric: Metric): void {
    if (metric.type !== 'histogram') {
      register(metric, this.#registry);
      return;
    }
    const { name, help, labels } = metric;
    // Judges the names, and is not used otherwise.
    new prom.Histogram({ name, help, labelNames: [...labels], registers: [] });
    this.#histograms.push(metric);
  }
}

function register(metric: Exclude<Metric, Timed>, registry: prom.Registry): void {
  const { name, help, labels } = metric;
  const described = { name, help, labelNames: [...labels], registers: [registry] };
  const isCounter = metric.type === 'counter';
  const written = isCounter ? new prom.Counter(described) : new prom.Gauge(described);
  Object.assign(written, {
    async collect() {
      const samples = await metric.read();
      written.reset();
      // Of a metric without labels a reset leaves a 0, which nobody has read.
      if (labels.length === 0) written.remove({});
      for (const sample of samples) written.inc(sample.labels, sample.value);
    },
  });
}

/** In Prometheus' text format: `prom-client` takes most of a scrape for what are most of its lines. */
function histogramText({ name, help, read }: Timed): string {
  const lines = read().flatMap(({ labels, value: { buckets, count, sum } }) => {
    const own = Object.entries(labels).map(([label, text]) => `${label}="${labelValue(text)}"`);
    const all = own.length === 0 ? '' : `{${own.join()}}`;
    const before = own.map((label) => `${label},`).join('');
    const bucket = (le: number | string, upTo: number) =>
      `${name}_bucket{${before}le="${le}"} ${upTo}`;
    return [
      ...buckets.map(({ le, count: upTo }) => bucket(le, upTo)),
      bucket('+Inf', count),
      `${name}_sum${all} ${sum}`,
      `${name}_count${all} ${count}`,
    ];
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines, ''].join('\n');
}
