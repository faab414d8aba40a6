import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  return launch(port, names, { settings });
}

/**
 * Starts `haproxy` with the configuration that a release ships, in front of its two instances.
 * @param checked where each says how it is; by default where it serves
 */
export async function startShippedLoadBalancer(
  instances: readonly [string, string],
  checked: readonly [string, string] = instances,
): Promise<LoadBalancer> {
  const port = await freePort();
  const [APP_1, APP_2] = instances.map((url) => new URL(url).host);
  const [CHECK_PORT_1, CHECK_PORT_2] = checked.map((url) => new URL(url).port);
  const env = { LISTEN: `127.0.0.1:${port}`, APP_1, APP_2, CHECK_PORT_1, CHECK_PORT_2 };
  return launch(port, ['app-1', 'app-2'], { file: 'deploy/haproxy.cfg', env });
}

type Settings =
  { readonly settings: string } | { readonly file: string; readonly env: NodeJS.Dict<string> };

/** @param servers their names in the configuration */
async function launch(
  port: number,
  servers: readonly string[],
  given: Settings,
): Promise<LoadBalancer> {
  const statsPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-haproxy-'));
  const own = join(folder, 'haproxy.cfg');
  const statistics = `frontend statistics
  mode http
  timeout client 30s
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
`;
  writeFileSync(own, 'settings' in given ? given.settings + statistics : statistics);
  const files = 'file' in given ? ['-f', given.file, '-f', own] : ['-f', own];
  const daemon = startDaemon(
    'haproxy',
    ['-db', ...files],
    'env' in given ? { env: given.env } : {},
  );
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
