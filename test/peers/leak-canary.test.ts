import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXIT } from '@holdfast/core/reasons';
import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { newSecretKeyLine, parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import {
  callCommands,
  type Canary,
  COMMANDS,
  commandsOf,
  FAULTS,
  inTurns,
  setCanary,
  WORKS,
} from '../support/canary/canary.js';
import { askAround, driveRoutes, listening } from '../support/canary/drive.js';
import { KINDS, type Seed, SECRETS, seedsOf } from '../support/canary/seeds.js';
import { observed, SHAPES, type Target } from '../support/canary/stage.js';
import type { Environment } from '../support/program.js';

type Texts = ReadonlyMap<string, Seed>;

/** What makes every program fail before it does anything: the guard's part. */
const REFUSED: readonly [string, (seed: Seed, folder: string) => Environment][] = [
  ['bare', ({ variable, text }) => ({ [variable]: text })],
  ['not encoded', ({ variable, text }) => ({ [variable]: `postgresql://app:${text}@db/holdfast` })],
  ['another scheme', ({ variable, text }) => ({ [variable]: `mysql://app:${text}@db/holdfast` })],
  [
    'as a parameter',
    ({ variable, text }) => ({
      [variable]: `postgresql://app@db/h?password=${encodeURIComponent(text)}`,
    }),
  ],
  [
    'given twice',
    ({ variable, text }) => ({ [variable]: text, [`${variable}_FILE`]: '/nowhere/secret' }),
  ],
  [
    'in a file',
    ({ variable, text }, folder) => {
      const file = join(folder, variable);
      writeFileSync(file, `${text}\nmore`);
      return { [`${variable}_FILE`]: file };
    },
  ],
  [
    'encrypted with another key',
    ({ variable, text }, folder) => ({
      [variable]: encryptValue(text, parseSecretKeys(newSecretKeyLine('key')), variable),
      HOLDFAST_SECRET_KEY_FILE: keyFileIn(folder),
    }),
  ],
  [
    'encrypted, and judged once it is opened',
    ({ variable, text }, folder) => {
      const file = keyFileIn(folder);
      const keys = parseSecretKeys(readFileSync(file, 'utf8'));
      return {
        [variable]: encryptValue(`mysql://app:${text}@db/holdfast`, keys),
        HOLDFAST_SECRET_KEY_FILE: file,
      };
    },
  ],
];

/** With a key; made once. */
function keyFileIn(folder: string): string {
  const file = join(folder, 'keys');
  if (!existsSync(file)) writeFileSync(file, newSecretKeyLine('key'), { mode: 0o600 });
  return file;
}

let canary: Canary;
beforeAll(async () => {
  canary = await setCanary();
}, 60_000);
afterAll(() => canary.remove());

/** The guard stands before each in the same way. */
function programOf(turn: number): ['main.js' | 'cli.js', readonly string[]] {
  return turn % 2 === 0 ? ['main.js', []] : ['cli.js', ['migrate', 'status', '--json']];
}

describe('no secret', () => {
  it('is without a scenario: every command of the program has one', () => {
    expect(Object.keys(COMMANDS).toSorted()).toEqual(commandsOf().toSorted());
    expect(SECRETS).toContain('DATABASE_URL');
  });

  it('leaves what the guard refuses', async () => {
    const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DPM_POLICY_PACKS_ENABLED: 'true' };
    const works = KINDS.flatMap((kind, turn) =>
      REFUSED.map(([name, variables], index) => async () => {
        const seeds: Texts = seedsOf(kind);
        canary.outputs.expectNothingOf(seeds.values());
        const [file, args] = programOf(turn + index);
        const given = Object.assign(
          { LOG_FORMAT: index % 2 === 0 ? 'pretty' : 'json' },
          production,
          ...[...seeds.values()].map((seed) => variables(seed, canary.folder)),
        ) as Environment;
        const called = `guard: ${name}, ${kind}, ${file}`;
        const code = await canary.observe(called, file, args, given);
        expect([called, code]).toEqual([called, EXIT.configuration]);
      }),
    );
    await inTurns(works);
  }, 60_000);

  it('leaves a .env file', async () => {
    const works = KINDS.map((kind) => async () => {
      const seeds: Texts = seedsOf(kind);
      canary.outputs.expectNothingOf(seeds.values());
      const lines = [...seeds.values()].map(({ variable, text }) => `${variable}='${text}'`);
      const dotenv = lines.join('\n');
      const code = await observed(canary.outputs, `.env ${kind}`, 'main.js', [], {}, { dotenv });
      expect(code).toBe(EXIT.configuration);
    });
    await inTurns(works);
  }, 60_000);

  it('leaves a service that does not start', async () => {
    const port = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => port.once('listening', resolve));
    const taken = (port.address() as { port: number }).port;
    const cases: [string, Target, Environment][] = [
      ...FAULTS.map(([name, target, more]): [string, Target, Environment] => [
        name,
        target(canary),
        more ?? {},
      ]),
      ['port taken', {}, { PORT: String(taken) }],
    ];
    const works = cases.map(([name, target, more], index) => async () => {
      const shape = SHAPES[index % SHAPES.length] ?? 'own';
      const environment = { ...canary.stage.environment(shape, target), ...more };
      const code = await canary.observe(`service: ${name}, ${shape}`, 'main.js', [], environment);
      expect([EXIT.unavailable, EXIT.failed]).toContain(code);
    });
    await inTurns(works);
    port.close();
  }, 90_000);

  it('leaves a command that does what it is for', () => callCommands(canary, [WORKS]), 150_000);

  it('leaves a service that serves, and loses what it depends on', async () => {
    const { outputs, stage, proxy } = canary;
    const { database, redis } = stage;
    await Promise.all(
      SHAPES.map((shape) => {
        const target = { host: '127.0.0.1', port: proxy.port };
        const name = `serving, ${shape}`;
        const environment = {
          ...stage.environment(shape, target),
          DB_STARTUP_TIMEOUT: '30',
          DB_CONNECT_TIMEOUT_MS: '5000',
          HEALTH_LOGIN_INTERVAL_SECONDS: '1',
          HEALTH_PROBE_TIMEOUT_MS: '200',
          SHUTDOWN_DRAIN_MS: '0',
          DB_POOL_TIMEOUT: '1',
          DPM_PURGE_INTERVAL_SECONDS: '1',
          DPM_SUPPORTABILITY_RETENTION_DAYS: '1',
        };
        return observed(outputs, name, 'main.js', [], environment, {
          meanwhile: async (started) => {
            const url = await listening(started);
            await driveRoutes(outputs, name, url);
            redis.signal('SIGSTOP');
            await database.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name ~ '^holdfast'`,
            );
            await askAround(outputs, `${name}, sessions ended`, url);
            proxy.cut();
            await askAround(outputs, `${name}, cut off`, url);
            proxy.mend();
            redis.signal('SIGCONT');
            started.process.kill('SIGTERM');
          },
        }).then((code) => {
          expect(code).toBe(EXIT.ok);
        });
      }),
    );
  }, 90_000);

  it('leaves a service whose Redis is not there, or not what it should be', async () => {
    const { observe, outputs, stage, silent } = canary;
    const { REDIS_URL = '', ...environment } = stage.environment('parts');
    const at = (port: number) => REDIS_URL.replace(`:${stage.redis.port}/`, `:${port}/`);
    const cases: Readonly<Record<string, string>> = {
      'nothing listens': at(1),
      silent: at(silent.port),
      'login refused': REDIS_URL.replace('canary:', 'nobody:'),
      'not encrypted': REDIS_URL.replace('redis:', 'rediss:'),
      'no such host': REDIS_URL.replace('127.0.0.1', 'redis.invalid'),
      'no such database': REDIS_URL.replace(/0$/, '99'),
    };
    const works = Object.entries(cases).map(([fault, url]) => async () => {
      const name = `Redis: ${fault}`;
      const patient = { DB_STARTUP_TIMEOUT: '30', DB_CONNECT_TIMEOUT_MS: '5000' };
      const given = { ...environment, ...patient, REDIS_URL: url };
      await observed(outputs, name, 'main.js', [], given, {
        meanwhile: async (started) => {
          await askAround(outputs, name, await listening(started));
          started.process.kill('SIGINT');
        },
      });
    });
    await inTurns([
      ...works,
      async () => {
        const undecodable = {
          ...environment,
          REDIS_URL: REDIS_URL.replace('canary:', 'canary:%E0'),
        };
        const code = await observe('Redis: undecodable', 'main.js', [], undecodable);
        expect(code).toBe(EXIT.configuration);
      },
    ]);
  }, 90_000);

  it('is in any of the outputs', () => {
    const { outputs } = canary;
    const kilobytes = Math.round(outputs.bytes / 1024);
    console.log(
      `searched ${outputs.count} outputs, ${kilobytes} KiB, for ${SECRETS.length} secrets`,
    );
    expect(outputs.leaks()).toEqual([]);
    expect(outputs.count).toBeGreaterThan(500);
  });
});
