import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSilentServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, start } from '../support/program.js';
import { digestOfPack, proof, stepOf } from '../support/proof.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { OF_TESTS, type Service, startService } from '../support/service.js';
import { JWT, tokenFor } from '../support/tokens.js';
import { STORES } from '../support/registered.js';

const { later, temporaryFolder } = cleanup();
const PROPER_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let database: TestDatabase;
let redis: RedisServer;
let environment: Environment;
let service: Service;

beforeAll(async () => {
  [database, redis] = await Promise.all([createDatabase(), startRedis()]);
  environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'staging',
    ...OF_TESTS,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
  };
  expect((await execute('cli.js', ['migrate', 'up'], environment)).code).toBe(0);
  service = await startService(environment);
});
afterAll(async () => {
  await service.stop('SIGKILL');
  await redis.remove();
  await database.drop();
});

const secrets = () => [new URL(database.url).password, redis.password];

describe('holdfast proof --negative on a strict instance', () => {
  it('is go, and every line of it is traced to a recorded output', async () => {
    const ci = {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.example.com',
      GITHUB_REPOSITORY: 'org/holdfast',
      GITHUB_RUN_ID: '42',
      GITHUB_SHA: 'c0ffee',
      GITHUB_REF_NAME: 'main',
      GITHUB_ACTOR: `somebody ${redis.password}`,
      GITHUB_TOKEN: 'ghs_never_looked_at',
    };
    const folder = temporaryFolder();
    const args = ['--url', service.url, '--negative', '--from-ci', '--valid-for', '5', '--json'];
    const { ended, pack, markdown, file } = await proof({ ...environment, ...ci }, folder, args);

    expect(pack.steps.filter(({ verdict }) => verdict !== 'go')).toEqual([]);
    expect({ code: ended.code, verdict: pack.verdict }).toEqual({ code: 0, verdict: 'go' });
    expect(pack.steps.map(({ name }) => name)).toEqual([
      'configuration',
      'check',
      'migrations of the databases',
      'live',
      'ready',
      'version',
      'migrations of the service',
      'write probe',
      'databases of the service',
      'not ready: a broken Redis',
      'refused: no connection string at all',
      ...STORES.flatMap((store) => [
        `refused: the ${store} store on SQLITE`,
        `refused: the ${store} store without a connection string`,
      ]),
    ]);
    for (const step of pack.steps) {
      expect(step.started_at).toMatch(PROPER_TIME);
      expect(step.ended_at >= step.started_at).toBe(true);
      expect(step.exit_code ?? step.http_status).not.toBeNull();
      expect(step.output).toMatch(/\S/);
      expect(markdown).toContain(step.output.trimEnd());
      expect(markdown).toContain(step.command);
    }
    expect(stepOf(pack, 'refused: the advisory store on SQLITE')).toMatchObject({
      exit_code: 78,
      code: 'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES',
      output: expect.stringContaining('"PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES"'),
    });
    expect(stepOf(pack, 'not ready: a broken Redis')).toMatchObject({
      http_status: 503,
      exit_code: 0,
      code: 'REDIS_UNREACHABLE',
    });

    const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(
      JSON.parse(readFileSync('docs/reference/proof.schema.json', 'utf8')) as object,
    );
    expect([validate(pack), validate.errors]).toEqual([true, null]);
    expect(validate({ ...pack, verdict: 'perhaps' })).toBe(false);
    expect(pack.digest).toBe(digestOfPack(pack));
    expect(JSON.parse(ended.stdout)).toEqual(pack);
    expect(pack.instances).toBe(2);
    expect(stepOf(pack, 'check').command).toContain('--instances 2');
    expect(Date.parse(pack.expires_at) - Date.parse(pack.generated_at)).toBe(5 * 60_000);
    expect(pack.ci).toEqual({
      provider: 'github',
      run_url: 'https://github.example.com/org/holdfast/actions/runs/42',
      run_id: '42',
      repository: 'org/holdfast',
      commit: 'c0ffee',
      branch: 'main',
      actor: 'somebody ***',
    });
    const [{ id } = { id: '' }] = await database.query<{ id: string }>(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    );
    expect(pack.binding.databases).toEqual([
      { name: 'primary', database: new URL(database.url).pathname.slice(1), system_identifier: id },
    ]);

    const written = readFileSync(file, 'utf8') + markdown + ended.stdout + ended.stderr;
    for (const secret of [...secrets(), 'ghs_never_looked_at'])
      expect(written).not.toContain(secret);
  });
});

describe('holdfast proof is no-go', () => {
  it('when the database is behind, and says so at each gate that sees it', async () => {
    const behind = await createDatabase();
    later(() => behind.drop());
    const given = { ...environment, DATABASE_URL: behind.url };
    expect((await execute('cli.js', ['migrate', 'up'], given)).code).toBe(0);
    const late = await startService(given);
    later(() => late.stop('SIGKILL'));
    await behind.query("DELETE FROM holdfast_migrations WHERE store = 'dpm' AND version = '0003'");

    const { ended, pack, markdown } = await proof(given, temporaryFolder(), ['--url', late.url]);
    expect({ code: ended.code, verdict: pack.verdict }).toEqual({ code: 1, verdict: 'no-go' });
    expect(markdown).toMatch(/^# Holdfast proof: no-go$/m);
    for (const name of ['check', 'migrations of the databases', 'migrations of the service']) {
      expect(stepOf(pack, name)).toMatchObject({ verdict: 'no-go', code: 'MIGRATIONS_PENDING' });
    }
    expect(stepOf(pack, 'live').verdict).toBe('go');
  });

  it('when the service is another build, or not in PRODUCTION', async () => {
    const server = createServer((request, response) => {
      const version = { version: '0.1.0', commit: 'another' };
      response.end(JSON.stringify(request.url === '/x/version' ? version : { profile: 'LOCAL' }));
    });
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    later(() => server.close());
    const url = `http://127.0.0.1:${port}/x/`;
    const { ended, pack } = await proof(environment, temporaryFolder(), ['--url', url]);
    expect(ended.code).toBe(1);
    expect(stepOf(pack, 'version')).toMatchObject({ got: '0.1.0 (another)', verdict: 'no-go' });
    expect(stepOf(pack, 'ready')).toMatchObject({ http_status: 200, verdict: 'no-go' });
  });

  it('in time when the service accepts and never answers', async () => {
    const server = createSilentServer();
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    later(() => server.close());
    const begun = Date.now();
    const url = `http://127.0.0.1:${port}`;
    const { ended, pack } = await proof(environment, temporaryFolder(), ['--url', url]);
    expect(ended.code).toBe(1);
    expect(stepOf(pack, 'ready')).toMatchObject({ code: 'PROOF_STEP_TIMEOUT', verdict: 'no-go' });
    expect(Date.now() - begun).toBeLessThan(20_000);
  });

  it('when so many instances would not fit, and records how many they are', async () => {
    const args = ['--url', service.url, '--instances', '20'];
    const { ended, pack, markdown } = await proof(environment, temporaryFolder(), args);
    expect(ended.code).toBe(1);
    expect(pack.instances).toBe(20);
    expect(markdown).toMatch(/^\| Instances \| 20 \|$/m);
    expect(pack.steps.filter(({ verdict }) => verdict === 'no-go')).toMatchObject([
      {
        name: 'check',
        command: 'holdfast check --connect --migrations --instances 20 --json',
        code: 'POOL_BUDGET_EXCEEDED',
      },
    ]);
  });

  it('when nothing listens there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { ended, pack } = await proof(environment, temporaryFolder(), ['--url', url]);
    expect(ended.code).toBe(1);
    expect(stepOf(pack, 'live')).toMatchObject({ code: 'PROOF_SERVICE_UNREACHABLE' });
    expect(pack.steps).toHaveLength(9);
  });

  it('when the service is on another database', async () => {
    const other = await createDatabase();
    later(() => other.drop());
    const elsewhere = { ...environment, DATABASE_URL: other.url };
    expect((await execute('cli.js', ['migrate', 'up'], elsewhere)).code).toBe(0);
    const { ended, pack } = await proof(elsewhere, temporaryFolder(), ['--url', service.url]);
    expect(ended.code).toBe(1);
    const { step, ...told } = { step: 'databases of the service', code: 'PROOF_OTHER_DATABASE' };
    expect(pack.steps.filter(({ verdict }) => verdict === 'no-go')).toMatchObject([
      { name: step, got: 'others: dpm, advisory', ...told },
    ]);
  });

  it('when the service does not tell on which database it is', async () => {
    const local = await startService({
      ...environment,
      APP_ENV: 'dev',
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      DB_TYPE: 'postgresql',
    });
    later(() => local.stop('SIGKILL'));
    const { pack } = await proof(environment, temporaryFolder(), ['--url', local.url]);
    expect(stepOf(pack, 'databases of the service')).toMatchObject({
      got: 'not known: dpm, advisory',
      verdict: 'no-go',
    });
  });
});

it('nothing that a service says can bring a secret into the pack', async () => {
  const password = 'p@ss/w%rd#"Ünicode\\x';
  const dsn = `postgresql://app:${encodeURIComponent(password)}@127.0.0.1:1/holdfast`;
  const forms = [
    password,
    encodeURIComponent(password),
    JSON.stringify(password).slice(1, -1),
    Buffer.from(password).toString('base64'),
    Buffer.from(password).toString('hex'),
  ];
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ status: dsn, profile: password, forms, text: forms.join(' ') }));
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  later(() => server.close());
  const given = { ...environment, DATABASE_URL: dsn, DB_STARTUP_TIMEOUT: '1' };
  const args = ['--url', `http://127.0.0.1:${port}`, '--negative'];
  const { ended, file, markdown, pack } = await proof(given, temporaryFolder(), args);
  expect(ended.code).toBe(1);
  expect(stepOf(pack, 'migrations of the service').got).toBe(
    'postgresql://app:***@127.0.0.1:1/holdfast',
  );
  const outputs = [readFileSync(file, 'utf8'), markdown, ended.stdout, ended.stderr];
  for (const output of outputs) for (const form of forms) expect(output).not.toContain(form);
});

it('a proof that is stopped writes nothing and leaves no program behind', async () => {
  const folder = temporaryFolder();
  const args = ['proof', '--url', service.url, '--out', folder, '--negative'];
  const { process: proving, ended } = start('cli.js', args, environment);
  // A second instance is under way as soon as the gates of databases and service have been passed.
  const children = () =>
    readFileSync(`/proc/${proving.pid}/task/${proving.pid}/children`, 'utf8').trim().split(/\s+/);
  let told = '';
  proving.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const left = await eventually(() => {
    expect(told).toMatch(/refused: no connection string/);
    const found = children();
    expect(found).not.toContain('');
    return found;
  });
  proving.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 1, stdout: '' });
  expect(readdirSync(folder)).toEqual([]);
  await eventually(() => {
    expect(left.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});

describe('holdfast proof of a service that does not show everybody what operators look at', () => {
  const CLOSED = ['migrations of the service', 'write probe', 'databases of the service'];
  const noGo = ({ pack }: Awaited<ReturnType<typeof proof>>) =>
    pack.steps.filter(({ verdict }) => verdict === 'no-go').map(({ name }) => name);

  it('is go with a token for it, which is in no evidence, and not without', async () => {
    const asked = { ...environment, ...JWT, OPS_ACCESS: 'token' };
    const closed = await startService(asked);
    later(() => closed.stop('SIGKILL'));
    const folder = temporaryFolder();
    const token = await tokenFor('operator', 'ops:read');
    const file = join(folder, 'token');
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    const url = ['--url', closed.url];
    expect(noGo(await proof(asked, join(folder, 'without'), url))).toEqual(CLOSED);
    const other = join(folder, 'other');
    writeFileSync(other, await tokenFor('me', 'proposals:read'), { mode: 0o600 });
    expect(noGo(await proof(asked, join(folder, 'less'), [...url, '--token-file', other]))).toEqual(
      CLOSED,
    );
    const proved = await proof(asked, join(folder, 'with'), [...url, '--token-file', file]);
    expect(noGo(proved)).toEqual([]);
    expect(proved.ended.code).toBe(0);
    const said = [readFileSync(proved.file, 'utf8'), proved.markdown, proved.ended.stderr].join();
    expect(said).not.toContain(token);
    expect(said).toContain(`$(cat ${file})`);
    for (const unusable of [join(folder, 'none'), proved.file]) {
      const given = ['proof', '--out', folder, ...url, '--token-file', unusable];
      const ended = await execute('cli.js', given, asked);
      expect(ended).toMatchObject({ code: 78, stderr: expect.stringContaining('--token-file') });
    }
  }, 120_000);

  it('is go with its port of operations, and not without', async () => {
    const asked = { ...environment, OPS_ACCESS: 'separate-port', OPS_PORT: '0' };
    const closed = await startService(asked);
    later(() => closed.stop('SIGKILL'));
    const [, operations = ''] =
      /"event":"listening.operations","url":"([^"]+)"/.exec(closed.output()) ?? [];
    const folder = temporaryFolder();
    const url = ['--url', closed.url];
    expect(noGo(await proof(asked, join(folder, 'without'), url))).toEqual(CLOSED);
    const there = ['--ops-url', operations.replace('0.0.0.0', '127.0.0.1')];
    expect(noGo(await proof(asked, join(folder, 'with'), [...url, ...there]))).toEqual([]);
  }, 120_000);
});

describe('the command line of holdfast proof', () => {
  it.each<[string, string[]]>([
    ['no URL', []],
    ['no URL of a service', ['--url', 'ftp://host/']],
    ['credentials, which everybody sees there', ['--url', 'http://a:b@host/']],
    ['no time', ['--url', 'http://127.0.0.1:1', '--valid-for', '0']],
    ['no instance', ['--url', 'http://127.0.0.1:1', '--instances', '0']],
    ['too long a time', ['--url', 'http://127.0.0.1:1', '--valid-for', '10081']],
  ])('with %s is wrong usage', async (_, args) => {
    expect((await execute('cli.js', ['proof', ...args], environment)).code).toBe(64);
  });

  it('names a folder that can be written to, or PROOF_NOT_WRITTEN', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const args = ['proof', '--url', 'http://127.0.0.1:1', '--out', join(file, 'folder')];
    const { code, stderr } = await execute('cli.js', args, environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^PROOF_NOT_WRITTEN$/m);
  });
});
