// What a release goes through, from outside: a fresh PostgreSQL and Redis, migrated, checked, started
// in PRODUCTION and strict, used, proved and stopped.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '@holdfast/core/reasons';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { type Ended, OF_TESTS, startService } from '../support/service.js';
import { applyAPolicyPack, askHealth, liveAProposal, reviewARun } from './drive.js';
import { startExternals } from './externals.js';
import { expect, smoke, step } from './steps.js';

const LIMIT_MS = 60_000;
const outputs: string[] = [];

async function run(
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  environment: Environment,
  exit: number,
): Promise<Ended> {
  const ended = await execute(file, args, environment, { limitMs: LIMIT_MS });
  outputs.push(ended.stdout, ended.stderr);
  const what = `${[file, ...args].join(' ')} ends with ${ended.code}, not ${exit}`;
  expect(ended.code === exit, what, ended.stdout + ended.stderr);
  return ended;
}

interface Verdict {
  readonly verdict: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly code?: string;
  }[];
}

async function check(environment: Environment, expected: 'go' | 'no-go'): Promise<Verdict> {
  const exit = expected === 'go' ? EXIT.ok : EXIT.failed;
  const args = ['check', '--connect', '--migrations', '--json'];
  const { stdout } = await run('cli.js', args, environment, exit);
  const document = JSON.parse(stdout) as Verdict;
  expect(document.verdict === expected, `check says ${document.verdict}`, document);
  return document;
}

await smoke(async (atEnd) => {
  const { databaseUrl, redisUrl, secrets } = await step(
    'PostgreSQL and Redis',
    () => startExternals(atEnd),
    () => 'a fresh database, its owner no superuser',
  );
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-smoke-'));
  atEnd(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'production',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    HOST: '127.0.0.1',
    ...OF_TESTS,
  };

  await step('a start before migrating is refused', async () => {
    const { stdout } = await run('main.js', [], environment, EXIT.unavailable);
    expect(stdout.includes('"MIGRATIONS_PENDING"'), 'no MIGRATIONS_PENDING', stdout);
  });
  await step('check before migrating: no-go', async () => {
    const { checks } = await check(environment, 'no-go');
    const codes = checks.map(({ code }) => code);
    expect(codes.includes('MIGRATIONS_PENDING'), 'no MIGRATIONS_PENDING', checks);
  });
  await step(
    'migrate up',
    async () => {
      const { stdout } = await run('cli.js', ['migrate', 'up', '--json'], environment, EXIT.ok);
      return (JSON.parse(stdout) as { readonly applied: readonly unknown[] }).applied.length;
    },
    (applied) => `${applied} migrations`,
  );
  await step(
    'check --connect --migrations: go',
    () => check(environment, 'go'),
    ({ checks }) => `${checks.length} checks`,
  );

  const service = await step('start in PRODUCTION, strict', () => startService(environment));
  atEnd(() => service.stop('SIGKILL'));
  const requests = (count: number) => `${count} requests`;
  await step('health endpoints', () => askHealth(service.url), requests);
  await step("a proposal's life", () => liveAProposal(service.url), requests);
  await step('a reviewed run', () => reviewARun(service.url), requests);
  await step('a policy pack', () => applyAPolicyPack(service.url), requests);

  const pack = join(folder, 'proof.json');
  await step(
    'proof --negative: go',
    async () => {
      const args = ['proof', '--url', service.url, '--out', folder, '--negative', '--json'];
      const { stdout } = await run('cli.js', args, environment, EXIT.ok);
      const { verdict, steps } = JSON.parse(stdout) as Pack;
      expect(verdict === 'go' && steps.every((one) => one.verdict === 'go'), 'the proof', stdout);
      return steps.length;
    },
    (steps) => `${steps} steps`,
  );
  await step('proof verify', () => run('cli.js', ['proof', 'verify', pack], environment, EXIT.ok));
  await step('a start that requires the pack', async () => {
    const second = await startService({ ...environment, REQUIRE_PROOF: pack });
    const { code, stdout, stderr } = await second.stop();
    outputs.push(stdout, stderr);
    expect(code === EXIT.ok, `it ends with ${code}`);
  });
  await step('a start whose pack is missing is refused', async () => {
    const without = { ...environment, REQUIRE_PROOF: join(folder, 'none.json') };
    const { stderr } = await run('main.js', [], without, EXIT.configuration);
    expect(stderr.includes('PROOF_MISSING'), 'no PROOF_MISSING', stderr);
  });

  await step(
    'SIGTERM',
    async () => {
      const { code, stdout, stderr } = await service.stop();
      outputs.push(stdout, stderr);
      expect(code === EXIT.ok, `the service ends with ${code}`, stdout);
      return jsonLines(stdout).length;
    },
    (lines) => `exit code 0, ${lines} lines of log`,
  );
  await step(
    'nothing printed a secret',
    () => {
      for (const secret of secrets) {
        const at = outputs.findIndex((output) => output.includes(secret));
        expect(at === -1, `output ${at} holds a secret`);
      }
      return Promise.resolve(outputs.length);
    },
    (searched) => `${searched} outputs searched`,
  );
});

interface Pack {
  readonly verdict: string;
  readonly steps: readonly { readonly verdict: string }[];
}
