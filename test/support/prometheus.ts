import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@holdfast/testing/cluster';
import { startDaemon } from './daemon.js';
import { eventually } from './eventually.js';

/** A series of an answer: its labels. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

/** The `prometheus` that is installed. */
export interface PrometheusServer {
  /** What an expression gives now. @throws Error with what Prometheus has against the expression */
  readonly query: (expression: string) => Promise<readonly Sample[]>;
  readonly stop: () => Promise<void>;
}

/**
 * Asks a service for /metrics once a second, under the job `holdfast`.
 * @param folder of its own, which the caller removes
 */
export async function startPrometheus(url: string, folder: string): Promise<PrometheusServer> {
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: holdfast
    static_configs: [{ targets: ['${new URL(url).host}'] }]
`,
  );
  const daemon = startDaemon('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]);
  const query = async (expression: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expression }),
    });
    const { status, error, data } = (await answer.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: { readonly result: readonly Sample[] };
    };
    if (status !== 'success' || !data) throw new Error(`${expression}: ${error ?? status}`);
    return data.result;
  };
  try {
    await eventually(() => query('1'));
  } catch (error) {
    await daemon.kill();
    throw new Error(`prometheus does not serve:\n${daemon.log()}`, { cause: error });
  }
  return { query, stop: daemon.kill };
}
