import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import type { Environment } from '../support/program.js';
import { WITHOUT_CALLERS } from '../support/without-callers.js';

const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', '');

/** The last instruction of a name: that of the image that is shipped. */
function instruction(name: string): string {
  const lines = dockerfile.split('\n').filter((line) => line.startsWith(`${name} `));
  const last = lines.at(-1);
  if (last === undefined) throw new Error(`the Dockerfile has no ${name}`);
  return last.slice(name.length + 1).trim();
}

function execForm(text: string): readonly string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

describe('what the image holds', () => {
  const { later, temporaryFolder } = cleanup();
  let release: string;
  let database: TestDatabase;
  beforeAll(async () => {
    release = mkdtempSync(join(tmpdir(), 'holdfast-release-'));
    chmodSync(release, 0o755);
    execFileSync(process.execPath, ['scripts/release.mjs', release]);
    database = await createDatabase();
  });
  afterAll(async () => {
    rmSync(release, { recursive: true, force: true });
    await database.drop();
  });

  const environment = (given: Environment): Record<string, string | undefined> => ({
    PATH: process.env.PATH,
    ...Object.fromEntries(
      instruction('ENV')
        .split(' ')
        .map((pair) => pair.split('=') as [string, string]),
    ),
    ...WITHOUT_CALLERS,
    ...given,
  });

  /** Runs a command of the image to its end, as somebody who may write nothing there. */
  const run = (command: readonly string[], given: Environment) =>
    new Promise<{ readonly code: number; readonly output: string }>((done) => {
      const [program = '', ...args] = command;
      const options = { cwd: release, env: environment(given), timeout: 20_000, ...nobody };
      const child = execFile(program, args, options, (_, stdout, stderr) => {
        done({ code: child.exitCode ?? -1, output: stdout + stderr });
      });
    });

  const migrate = (words: string) => [
    process.execPath,
    'dist/cli.js',
    'migrate',
    ...words.split(' '),
  ];

  it('says what of others is in it: a bill of materials, and licences', () => {
    const bom = JSON.parse(readFileSync(join(release, 'sbom.json'), 'utf8')) as {
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    const texts = readFileSync(join(release, 'dist/THIRD-PARTY.txt'), 'utf8');
    for (const module of ['better-sqlite3', 'libpg-query', 'pino-pretty', 'fastify']) {
      const listed = bom.components.find(({ name }) => name === module);
      expect(texts).toContain(`${module} ${listed?.version} (`);
    }
  });

  it('migrates, serves PRODUCTION, is live to its health check, and ends on the signal', async () => {
    const given = {
      DATABASE_URL: database.url,
      PORT: String(await freePort()),
      SHUTDOWN_DRAIN_MS: '0',
    };
    // The plan needs PostgreSQL's parser, the pretty log a module that is not in the bundle either.
    const plan = await run(migrate('plan'), { ...given, LOG_FORMAT: 'pretty' });
    expect(plan).toMatchObject({ code: 0 });
    expect(plan.output).toContain('CREATE TABLE proposal_records');
    expect(await run(migrate('up'), given)).toMatchObject({ code: 0 });

    const healthCheck = execForm(instruction('HEALTHCHECK'));
    expect((await run(healthCheck, given)).code).not.toBe(0);

    expect(execForm(instruction('ENTRYPOINT'))).toEqual([]);
    const [program = '', ...args] = execForm(instruction('CMD'));
    expect(program).toBe('node');
    const before = files(release);
    const child = spawn(process.execPath, args, {
      cwd: release,
      env: environment(given),
      stdio: 'ignore',
      ...nobody,
    });
    later(() => child.kill('SIGKILL'));
    const ended = new Promise((done) =>
      child.once('close', (code) => {
        done(code);
      }),
    );
    await eventually(async () => {
      expect((await run(healthCheck, given)).code).toBe(0);
    });
    const url = `http://127.0.0.1:${given.PORT}`;
    const answers = [
      '/health/ready',
      '/docs',
      '/docs/swagger-ui.css',
      '/docs/swagger-ui-bundle.js',
    ];
    for (const path of answers) expect((await fetch(url + path)).status).toBe(200);
    const { profile } = (await (await fetch(`${url}/health`)).json()) as { profile: string };
    expect(profile).toBe('PRODUCTION');

    child.kill(instruction('STOPSIGNAL') as NodeJS.Signals);
    expect(await ended).toBe(0);
    expect(files(release)).toEqual(before);
  });

  it('knows SQLite', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const given = { APP_PERSISTENCE_PROFILE: 'LOCAL', SQLITE_PATH: join(folder, 'a.sqlite') };
    expect(await run(migrate('up'), given)).toMatchObject({ code: 0 });
  });
});

function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true }).map(String).toSorted();
}
