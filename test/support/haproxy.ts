import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from './daemon.js';
import { eventually } from './eventually.js';
import { freePort } from './postgres.js';

/** HAProxy in front of instances of the service. */
export interface LoadBalancer {
  readonly url: string;
  /** Which instances it sends requests to, in the order in which they were given. */
  readonly isUp: () => Promise<readonly boolean[]>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the `haproxy` that is installed: connections are kept alive on both sides and reused, and no
 * request is sent again, so that each one that an instance loses is seen.
 * @param instances base URLs
 */
export async function startLoadBalancer(instances: readonly string[]): Promise<LoadBalancer> {
  const [port, statsPort] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-haproxy-'));
  const settings = join(folder, 'haproxy.cfg');
  const servers = instances.map((url, index) => `  server i${index} ${new URL(url).host}`);
  writeFileSync(
    settings,
    `defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout http-keep-alive 30s
  retries 0
frontend clients
  bind 127.0.0.1:${port}
  default_backend instances
frontend statistics
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
backend instances
  balance roundrobin
  http-reuse always
  option httpchk GET /health/ready
  http-check expect status 200
  default-server check inter 300ms fall 2 rise 2
${servers.join('\n')}
`,
  );
  const daemon = startDaemon('haproxy', ['-db', '-f', settings]);
  const stop = async () => {
    await daemon.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const isUp = async () => {
    const table = await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text();
    const rows = table.split('\n').map((line) => line.split(','));
    const status = (rows[0] ?? []).indexOf('status');
    return instances.map((_, index) =>
      rows.some((row) => row[1] === `i${index}` && row[status]?.startsWith('UP') === true),
    );
  };
  try {
    await eventually(async () => {
      if (!(await isUp()).every(Boolean)) throw new Error('not every instance is up');
    });
  } catch (error) {
    await stop();
    throw new Error(`haproxy does not serve:\n${daemon.log()}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, isUp, stop };
}
