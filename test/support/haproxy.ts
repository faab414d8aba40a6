import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from './daemon.js';
import { eventually } from './eventually.js';
import { freePort } from '@holdfast/testing/cluster';

/** HAProxy in front of instances of the service. */
export interface LoadBalancer {
  readonly url: string;
  /** Which instances it sends requests to, in the order in which they were given. */
  readonly isUp: () => Promise<readonly boolean[]>;
  /** How often a request had to be sent again, to the same instance or to another one. */
  readonly sentAgain: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the `haproxy` that is installed: connections are kept alive on both sides and reused, and no
 * request is sent again, so that each one that an instance loses is seen.
 * @param instances base URLs
 */
export async function startLoadBalancer(instances: readonly string[]): Promise<LoadBalancer> {
  const port = await freePort();
  const names = instances.map((_, index) => `i${index}`);
  const servers = instances.map((url, index) => `  server ${names[index]} ${new URL(url).host}`);
  const settings = `defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout http-keep-alive 30s
  retries 0
frontend clients
  bind 127.0.0.1:${port}
  default_backend instances
backend instances
  balance roundrobin
  http-reuse always
  option httpchk GET /health/ready
  http-check expect status 200
  default-server check inter 300ms fall 2 rise 2
${servers.join('\n')}
`;
  return launch(port, names, settings);
}

interface Shipped {
  /** Where each instance says how it is; by default where it serves. */
  readonly checked?: readonly string[];
  /** What the environment says beyond the instances. */
  readonly env?: NodeJS.Dict<string>;
  /** Makes another text of the configuration, such as one with shorter time-outs. */
  readonly edit?: (settings: string) => string;
}

/**
 * Starts `haproxy` with the configuration that a release ships.
 * @param instances up to sixteen base URLs
 */
export async function startShippedLoadBalancer(
  instances: readonly string[],
  { checked = instances, env, edit = (settings) => settings }: Shipped = {},
): Promise<LoadBalancer> {
  const port = await freePort();
  const addresses = Object.fromEntries([
    ...instances.map((url, index) => [`APP_${index + 1}`, new URL(url).host] as const),
    ...checked.map((url, index) => [`CHECK_PORT_${index + 1}`, new URL(url).port] as const),
  ]);
  return launch(
    port,
    instances.map((_, index) => `app-${index + 1}`),
    edit(readFileSync('deploy/haproxy.cfg', 'utf8')),
    { LISTEN: `127.0.0.1:${port}`, ...addresses, ...env },
  );
}

/** @param servers their names in the configuration */
async function launch(
  port: number,
  servers: readonly string[],
  settings: string,
  env: NodeJS.Dict<string> = {},
): Promise<LoadBalancer> {
  const statsPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-haproxy-'));
  const own = join(folder, 'haproxy.cfg');
  const statistics = `
frontend watched
  mode http
  timeout client 30s
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
`;
  writeFileSync(own, settings + statistics);
  const daemon = startDaemon('haproxy', ['-db', '-f', own], { env });
  const stop = async () => {
    await daemon.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const rows = async (): Promise<readonly Readonly<Record<string, string>>[]> => {
    const table = await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text();
    const [names = [], ...lines] = table.split('\n').map((line) => line.split(','));
    return lines.map((line) =>
      Object.fromEntries(names.map((name, column) => [name, line[column] ?? ''])),
    );
  };
  const isUp = async () => {
    const all = await rows();
    return servers.map((name) =>
      all.some(({ svname, status }) => svname === name && status?.startsWith('UP') === true),
    );
  };
  const sentAgain = async () => {
    const backend = (await rows()).find(({ svname }) => svname === 'BACKEND');
    return Number(backend?.wretr) + Number(backend?.wredis);
  };
  try {
    await eventually(async () => {
      if (!(await isUp()).every(Boolean)) throw new Error('not every instance is up');
    });
  } catch (error) {
    await stop();
    throw new Error(`haproxy does not serve:\n${daemon.log()}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, isUp, sentAgain, stop };
}
