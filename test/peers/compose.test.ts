import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Composed, composition } from '../support/compose.js';
import { isInTheOpen, variableOf } from '../support/variables.js';

const { services, secrets, networks } = composition('/secrets');
/** What comes with a profile alone. */
const OPTIONAL = ['backup', 'grafana', 'prometheus'];
const ours = ['app-1', 'app-2', 'backup', 'migrate'] as const;

function service(name: string): Composed {
  const found = services[name];
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

describe('docker-compose.production.yml, as Docker Compose reads it', () => {
  it('has what the service runs with', () => {
    expect(Object.keys(services).toSorted()).toEqual(
      ['app-1', 'app-2', 'balancer', 'migrate', 'postgres', 'redis', ...OPTIONAL].toSorted(),
    );
    const optional = Object.entries(services).filter(([, { profiles }]) => profiles);
    expect(optional.map(([name]) => name).toSorted()).toEqual(OPTIONAL);
  });

  it.each(ours)('gives %s no variable that there is not, and secrets as files alone', (name) => {
    const { environment = {}, secrets: granted = [] } = service(name);
    for (const [variable, value] of Object.entries(environment)) {
      expect({ variable, known: variableOf(variable) !== undefined }).toEqual({
        variable,
        known: true,
      });
      expect({ variable, inTheOpen: isInTheOpen(variable) }).toEqual({
        variable,
        inTheOpen: false,
      });
      const [, secret] = /^\/run\/secrets\/(.+)$/.exec(value) ?? [];
      if (secret) expect(granted.map(({ source }) => source)).toContain(secret);
    }
    expect(environment).toMatchObject({
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      APP_ENV: 'production',
      DB_SSL_MODE: 'verify-full',
    });
  });

  it('has two replicas that differ in nothing, and wait for the migrations', () => {
    expect(service('app-2')).toEqual(service('app-1'));
    expect(service('app-1').depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
    expect(service('migrate').restart).toBe('no');
  });

  it('lets the migrations alone have the rights of the owner', () => {
    const holders = Object.entries(services).filter(([, { secrets: granted = [] }]) =>
      granted.some(({ source }) => source === 'migration_database_url'),
    );
    expect(holders.map(([name]) => name)).toEqual(['migrate']);
  });

  it('lets the backup read, and restore where the service is not', () => {
    const { environment = {}, networks: reached = {} } = service('backup');
    expect(environment).toMatchObject({
      DATABASE_URL_FILE: '/run/secrets/backup_database_url',
      BACKUP_SCRATCH_URL_FILE: '/run/secrets/scratch_database_url',
    });
    expect(Object.keys(reached)).toEqual(['data']);
  });

  it('asks the health check of the image', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', '');
    const [, check = ''] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(service('app-1').healthcheck?.test).toEqual(['CMD', ...(JSON.parse(check) as string[])]);
  });

  it.each(Object.keys(services))('bounds and confines %s, and asks whether it is well', (name) => {
    const { deploy, read_only: readOnly, healthcheck } = service(name);
    expect(deploy?.resources.limits).toEqual({
      cpus: expect.any(Number),
      memory: expect.stringMatching(/^\d+[MG]$/),
    });
    expect(readOnly).toBe(true);
    // A job ends; nobody has to ask it.
    if (name === 'migrate') expect(healthcheck).toEqual({ test: ['NONE'] });
    else expect(healthcheck?.test.length).toBeGreaterThan(1);
  });

  it('is accepted whatever its variables are', () => {
    const text = readFileSync('docker-compose.production.yml', 'utf8');
    const names = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
    expect(names).toContain('SECRETS');
    const any = composition('x', Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(Object.keys(any.services)).toEqual(Object.keys(services));
  });

  it('publishes the balancer and Grafana alone, to this host, and keeps the data in a network of its own', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    expect(Object.fromEntries(published)).toEqual({
      balancer: '127.0.0.1:8000:8080/tcp',
      grafana: '127.0.0.1:3000:3000/tcp',
    });
    for (const name of ['postgres', 'redis']) {
      expect(Object.keys(service(name).networks ?? {})).toEqual(['data']);
    }
    expect(networks.data?.internal).toBe(true);
  });

  it('names no secret that nobody uses', () => {
    const used = Object.values(services).flatMap(({ secrets: granted = [] }) =>
      granted.map(({ source }) => source),
    );
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(secrets).toSorted());
  });

  it('has the drain end before the container is killed', () => {
    const { environment = {} } = service('app-1');
    expect(Number(environment.SHUTDOWN_TIMEOUT_MS)).toBeLessThan(30_000);
    expect(readFileSync('docker-compose.production.yml', 'utf8')).toContain(
      'stop_grace_period: 30s',
    );
  });
});
