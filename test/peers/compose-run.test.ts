import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { freePort } from '@holdfast/testing/cluster';
import { cleanup } from '../support/cleanup.js';
import { type Composed, composition } from '../support/compose.js';
import { startDaemon } from '../support/daemon.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import { execute } from '../support/program.js';
import type { Service } from '../support/service.js';
import { startTopology } from '../support/topology.js';

const FILE = 'docker-compose.production.yml';
const TEXTS = [
  FILE,
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const run = promisify(execFile);
const { services } = composition('/secrets');

function service(name: string): Composed {
  const found = services[name];
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

/** A call of Docker Compose that a text names: what it does, to which service, and what is run in it. */
interface Call {
  readonly verb: string;
  readonly entrypoint?: string;
  readonly name?: string;
  readonly command: readonly string[];
}

/** Every call in the texts that a release ships, once. */
function calls(): readonly string[] {
  const found = TEXTS.flatMap((file) => {
    const text = readFileSync(file, 'utf8').replaceAll('\\\n', '');
    return [...text.matchAll(/docker compose -f (\S+) ([^`\n]*)/g)].map(([, named, rest = '']) => {
      expect(named).toBe(FILE);
      return rest
        .replace(/,.*$| +# .*$/, '')
        .replaceAll(/ +/g, ' ')
        .trim();
    });
  });
  return [...new Set(found)];
}

function parsed(call: string): Call {
  const words = [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, word]) => quoted ?? word ?? '',
  );
  if (words[0] === '--profile') words.splice(0, 2);
  const [verb = '', ...rest] = words;
  let entrypoint: string | undefined;
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift();
    if (option === '--entrypoint') entrypoint = rest.shift();
  }
  const [name, ...command] = rest;
  return { verb, ...(entrypoint && { entrypoint }), ...(name && { name }), command };
}

it('is called with its name, in every text', () => {
  for (const file of TEXTS) {
    const text = readFileSync(file, 'utf8');
    expect({ file, found: /docker compose (run|exec|up -d)\b.*/.exec(text)?.[0] }).toEqual({
      file,
    });
  }
});

describe('what docker-compose.production.yml and the texts about it have run, as processes', () => {
  const { later } = cleanup();
  const separate = { OPS_ACCESS: 'separate-port', OPS_PORT: '0' };

  it('does what each call and each health check says, and Prometheus sees both instances and the balancer', async () => {
    const { secrets, postgres, environmentOf, startApp } = await startTopology(later);
    const apps = new Map<string, Service>();
    for (const name of ['app-1', 'app-2'] as const) {
      apps.set(name, await startApp(name, 0, separate));
    }
    const portOf = (name: string) => new URL(apps.get(name)?.url ?? '').port;

    const texts = calls();
    expect(texts.length).toBeGreaterThan(6);
    for (const text of texts) {
      const { verb, entrypoint, name, command } = parsed(text);
      const where = `docker compose ${text}`;
      expect({ where, verb }).toEqual({ where, verb: expect.stringMatching(/^(up|run|exec)$/) });
      if (name === undefined) continue;
      const asked = command.length > 0 ? command : (service(name).command ?? []);
      if (verb === 'up') {
        const before = apps.get(name);
        expect({ where, code: (await before?.stop())?.code }).toEqual({ where, code: 0 });
        const again = await startApp(name as 'app-1' | 'app-2', Number(portOf(name)), separate);
        apps.set(name, again);
        expect((await fetch(`${again.url}/health/ready`)).status).toBe(200);
      } else if (entrypoint !== undefined) {
        const given = asked.map((word) => word.replace('/run/secrets', secrets));
        expect((await run(entrypoint, given)).stdout).toContain('database_url');
      } else if (asked[0] === 'holdfast' || asked[1] === 'dist/cli.js') {
        const words = asked.slice(asked[0] === 'holdfast' ? 1 : 2);
        const { code } = await execute('cli.js', words, environmentOf(name));
        expect({ where, code }).toEqual({ where, code: 0 });
      } else {
        const given = asked.slice(1).map((word) => word.replace(':8000', `:${portOf(name)}`));
        expect(asked[0]).toBe('node');
        const { stdout } = await run(process.execPath, given);
        expect(JSON.parse(stdout)).toMatchObject({ name: 'holdfast' });
      }
    }

    await isHealthy('app-1', { PORT: portOf('app-1') });
    await isHealthy('postgres', { PGPORT: String(postgres.port) });
    const redis = new URL(readFileSync(join(secrets, 'redis_url'), 'utf8').trim());
    await isHealthy('redis', {}, (text) =>
      text.replaceAll('/run/secrets', secrets).replace('redis-cli', `redis-cli -p ${redis.port}`),
    );

    const targets = [...apps.values()].map((app) => {
      const [, url = ''] =
        /"event":"listening.operations","url":"([^"]+)"/.exec(app.output()) ?? [];
      return `127.0.0.1:${new URL(url).port}`;
    });
    const urls = [...apps.values()].map(({ url }) => url);
    const statistics = `127.0.0.1:${await freePort()}`;
    const balancer = await startShippedLoadBalancer(urls, { env: { STATS_LISTEN: statistics } });
    later(() => balancer.stop());
    const asked = service('balancer').healthcheck?.test.at(-1) ?? '';
    await eventually(async () => {
      expect((await fetch(balancer.url + new URL(asked).pathname)).status).toBe(200);
    });
    const folder = join(secrets, '..', 'prometheus');
    const prometheus = await startPrometheus(folder, targets, statistics);
    const ask = async (path: string) => {
      const answer = await fetch(`${prometheus}${path}`);
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer;
    };
    const [program, , , , address = ''] = service('prometheus').healthcheck?.test.slice(1) ?? [];
    expect(program).toBe('wget');
    await eventually(() => ask(new URL(address).pathname));
    await eventually(async () => {
      const { data } = (await (await ask('/api/v1/query?query=holdfast_ready')).json()) as {
        readonly data: {
          readonly result: readonly {
            readonly metric: object;
            readonly value: readonly unknown[];
          }[];
        };
      };
      expect(data.result.map(({ value }) => value[1])).toEqual(['1', '1']);
      for (const { metric } of data.result) expect(metric).toMatchObject({ job: 'holdfast' });
    });
    await eventually(async () => {
      const answer = await ask(
        `/api/v1/query?query=${encodeURIComponent('haproxy_server_status{job="balancer",state="UP"} == 1')}`,
      );
      const { data } = (await answer.json()) as {
        readonly data: { readonly result: readonly unknown[] };
      };
      expect(data.result).toHaveLength(urls.length);
    });
    const { data } = (await (await ask('/api/v1/rules')).json()) as {
      readonly data: { readonly groups: readonly { readonly rules: readonly unknown[] }[] };
    };
    expect(data.groups.flatMap(({ rules }) => rules).length).toBeGreaterThan(20);
  });

  /** Prometheus, with the configuration that is shipped but for the addresses and the pause between two scrapes. */
  async function startPrometheus(
    folder: string,
    targets: readonly string[],
    statistics: string,
  ): Promise<string> {
    cpSync('deploy/prometheus', folder, { recursive: true });
    const file = join(folder, 'prometheus.yml');
    const shipped = readFileSync(file, 'utf8');
    const given = shipped
      .replace("['app-1:8001', 'app-2:8001']", JSON.stringify(targets))
      .replace(`balancer${service('balancer').environment?.STATS_LISTEN ?? ''}`, statistics)
      .replace('scrape_interval: 15s', 'scrape_interval: 1s');
    expect(given).toContain(targets[1]);
    expect(given).toContain(statistics);
    writeFileSync(file, given);
    const data = join(folder, 'data');
    mkdirSync(data);
    const listen = `127.0.0.1:${await freePort()}`;
    const options = (service('prometheus').command ?? []).map((option) =>
      option.replace('/etc/prometheus', folder).replace('=/prometheus', `=${data}`),
    );
    const daemon = startDaemon('prometheus', [...options, `--web.listen-address=${listen}`]);
    later(() => daemon.kill());
    return `http://${listen}`;
  }
});

/** Runs the health check of a service; throws where it does not say well. */
async function isHealthy(
  name: string,
  environment: Readonly<Record<string, string>>,
  rewrite = (text: string) => text,
): Promise<void> {
  const [kind, ...words] = service(name).healthcheck?.test ?? [];
  // Compose writes a $ of a shell's as $$.
  const given = words.map((word) => rewrite(word.replaceAll('$$', '$')));
  const [program = '', ...args] = kind === 'CMD-SHELL' ? ['sh', '-c', ...given] : given;
  await run(program, args, { env: { PATH: process.env.PATH, ...environment } });
}

describe('Grafana', () => {
  const mounts = Object.fromEntries(
    (service('grafana').volumes ?? []).map((volume) => {
      const [from = '', to = ''] = volume.split(':');
      return [to, from];
    }),
  );
  /** The folder of this project that is mounted at a path. */
  const mounted = (path: string) => (mounts[path] ?? '').replace(`${process.cwd()}/`, '');
  const provisioned = (kind: string) => {
    const folder = join(mounted('/etc/grafana/provisioning'), kind);
    return readdirSync(folder).map((name): unknown =>
      parse(readFileSync(join(folder, name), 'utf8')),
    );
  };

  it('asks the Prometheus of the composition, in a network that both are in', () => {
    const [{ datasources: [source] = [] } = {}] = provisioned('datasources') as {
      readonly datasources?: readonly { readonly type: string; readonly url: string }[];
    }[];
    const { hostname } = new URL(source?.url ?? '');
    expect({ type: source?.type, hostname }).toEqual({
      type: 'prometheus',
      hostname: 'prometheus',
    });
    const networks = ['grafana', hostname, 'app-1', 'app-2'].map((name) =>
      Object.keys(service(name).networks ?? {}),
    );
    for (const each of networks) expect(each).toContain('monitoring');
  });

  it('finds the dashboards of deploy/grafana', () => {
    const [{ providers: [provider] = [] } = {}] = provisioned('dashboards') as {
      readonly providers?: readonly { readonly options: { readonly path: string } }[];
    }[];
    const folder = mounted(provider?.options.path ?? '');
    expect(basename(folder)).toBe('grafana');
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toContain('holdfast.json');
  });
});
