import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXIT } from '@holdfast/core/reasons';
import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { newSecretKeyLine, parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { askAround, driveRoutes, listening } from '../support/canary/drive.js';
import { Outputs } from '../support/canary/outputs.js';
import { KINDS, type Seed, SECRETS, seedsOf } from '../support/canary/seeds.js';
import { observed, setStage, SHAPES, type Stage, type Target } from '../support/canary/stage.js';
import { sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import type { Environment } from '../support/program.js';
import { startProxy, type TcpProxy } from '@holdfast/testing/tcp-proxy';

type Texts = ReadonlyMap<string, Seed>;

/**
 * How each command is called, and what else is done with it. A command of the program that is not in
 * here fails the test.
 */
const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'migrate up': [[], ['--json']],
  'migrate status': [['--json'], ['--drift']],
  'migrate plan': [[]],
  'migrate baseline': [['--store', 'advisory', '--to', '0001']],
  'migrate unlock': [['--pid', '1']],
  'migrate reset': [[], ['--yes', '--json']],
  copy: [
    ['--from', 'SOURCE', '--report', 'report.json', '--on-reject', 'list'],
    ['--from', 'SOURCE', '--to-file', 'DSN_FILE', '--schema', 'copied', '--json'],
    ['--undo', 'report.json'],
  ],
  purge: [[], ['--dry-run', '--json']],
  check: [['--connect', '--migrations', '--json'], ['--connect']],
  config: [[], ['--json']],
  explain: [['POOL_TIMEOUT']],
  'identity show': [['--json']],
  'identity accept': [[]],
  proof: [['--url', 'http://127.0.0.1:1', '--out', 'proof', '--json']],
  'proof verify': [['proof/proof.json']],
  status: [[], ['--url', 'http://127.0.0.1:1', '--json']],
  'user add': [['ada', '--file', 'DSN_FILE', '--json'], ['ada']],
  'user list': [['--file', 'DSN_FILE', '--json'], []],
  'user remove': [
    ['ada', '--file', 'DSN_FILE'],
    ['ada', '--json'],
  ],
  'secret encrypt': [['DATABASE_URL', '--key-file', 'KEY_FILE', '--json'], []],
  'secret generate-key': [['--file', 'KEY_FILE', '--json'], []],
  'secret rotate': [
    ['DSN_FILE', '--key-file', 'KEY_FILE'],
    ['ENCRYPTED_FILE', '--key-file', 'KEY_FILE', '--json'],
  ],
};

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

/** What is wrong with a configuration that the guard lets pass. */
const FAULTS: readonly [string, (stage: Faulty) => Target, Environment?][] = [
  ['works', () => ({})],
  ['login refused', ({ stage }) => ({ user: stage.denied })],
  ['database missing', () => ({ database: 'not_there' })],
  ['nothing listens', () => ({ port: 1 })],
  ['no such host', () => ({ host: 'database.invalid' })],
  ['silent', ({ silent }) => ({ host: '127.0.0.1', port: silent.port })],
  ['not encrypted', () => ({}), { DB_SSL_MODE: 'require' }],
  ['not migrated', ({ empty }) => ({ database: new URL(empty.url).pathname.slice(1) })],
];

interface Faulty {
  readonly stage: Stage;
  readonly silent: TcpProxy;
  /** Leads to the server, until it is cut. */
  readonly proxy: TcpProxy;
  readonly empty: TestDatabase;
}

/** Every command that the program itself lists, with the words of its parents; but `serve`, which is `main.js`. */
function commandsOf(words: readonly string[] = []): readonly string[] {
  const help = execFileSync(process.execPath, ['dist/cli.js', ...words, '--help']).toString();
  const [, listed] = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(help) ?? [];
  if (listed === undefined) return [words.join(' ')];
  const names = [...listed.matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name = '']) => name);
  const inner = names
    .filter((name) => name !== 'help' && name !== 'serve')
    .flatMap((name) => commandsOf([...words, name]));
  // What takes options of its own does something itself.
  const isCommand = words.length > 0 && /\n {2}--/.test(help);
  return isCommand ? [words.join(' '), ...inner] : inner;
}

const outputs = new Outputs();
const reserved = seedsOf('reserved');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-canary-files-'));
let faulty: Faulty;
const exits = new Map<string, number | null>();

beforeAll(async () => {
  const stage = await setStage(reserved);
  const silent = await startProxy({ port: 1 });
  silent.stall();
  const proxy = await startProxy({ port: Number(new URL(stage.database.url).port) });
  faulty = { stage, silent, proxy, empty: await createDatabase() };
  outputs.expectNothingOf(reserved.values());
  await observe('migrate', 'cli.js', ['migrate', 'up'], stage.environment('shared'));
  expect(exits.get('migrate')).toBe(EXIT.ok);
}, 60_000);
afterAll(async () => {
  await faulty.silent.close();
  await faulty.proxy.close();
  await faulty.empty.drop();
  await faulty.stage.remove();
  rmSync(folder, { recursive: true });
});

async function observe(
  name: string,
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  environment: Environment,
): Promise<void> {
  exits.set(name, await observed(outputs, name, file, args, environment));
}

/** A few at a time. */
async function inTurns(works: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...works];
  const lane = async () => {
    for (let work = left.shift(); work; work = left.shift()) await work();
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}

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
        outputs.expectNothingOf(seeds.values());
        const [file, args] = programOf(turn + index);
        const given = Object.assign(
          { LOG_FORMAT: index % 2 === 0 ? 'pretty' : 'json' },
          production,
          ...[...seeds.values()].map((seed) => variables(seed, folder)),
        ) as Environment;
        const called = `guard: ${name}, ${kind}, ${file}`;
        await observe(called, file, args, given);
        expect([called, exits.get(called)]).toEqual([called, EXIT.configuration]);
      }),
    );
    await inTurns(works);
  }, 60_000);

  it('leaves a .env file', async () => {
    const works = KINDS.map((kind) => async () => {
      const seeds: Texts = seedsOf(kind);
      outputs.expectNothingOf(seeds.values());
      const lines = [...seeds.values()].map(({ variable, text }) => `${variable}='${text}'`);
      const dotenv = lines.join('\n');
      const code = await observed(outputs, `.env ${kind}`, 'main.js', [], {}, { dotenv });
      expect(code).toBe(EXIT.configuration);
    });
    await inTurns(works);
  }, 60_000);

  it('leaves a service that does not start', async () => {
    const { stage } = faulty;
    const port = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => port.once('listening', resolve));
    const taken = (port.address() as { port: number }).port;
    const cases: [string, Target, Environment][] = [
      ...FAULTS.slice(1).map(([name, target, more]): [string, Target, Environment] => [
        name,
        target(faulty),
        more ?? {},
      ]),
      ['port taken', {}, { PORT: String(taken) }],
    ];
    const works = cases.map(([name, target, more], index) => async () => {
      const shape = SHAPES[index % SHAPES.length] ?? 'own';
      const environment = { ...stage.environment(shape, target), ...more };
      await observe(`service: ${name}, ${shape}`, 'main.js', [], environment);
      expect([EXIT.unavailable, EXIT.failed]).toContain(exits.get(`service: ${name}, ${shape}`));
    });
    await inTurns(works);
    port.close();
  }, 90_000);

  it('leaves a command, whatever becomes of it', async () => {
    const { stage } = faulty;
    const source = sqliteFile(
      folder,
      `CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), ('x')`,
    );
    const works = Object.entries(COMMANDS).flatMap(([command, calls]) =>
      calls.flatMap((args, call) =>
        FAULTS.map(([fault, target, more], index) => async () => {
          // Each call once without a fault, and each fault with one of the calls.
          if (index > 0 && index % calls.length !== call) return;
          const shape = SHAPES[(call + index + command.length) % SHAPES.length] ?? 'own';
          const environment = { ...stage.environment(shape, target(faulty)), ...more };
          const dsnFile = join(folder, `dsn-${command.length}-${call}-${index}`);
          writeFileSync(dsnFile, stage.environment('shared', target(faulty)).DATABASE_URL ?? '');
          const keyFile = `${dsnFile}-keys`;
          const encryptedFile = `${dsnFile}-encrypted`;
          const keyLine = newSecretKeyLine('key');
          writeFileSync(keyFile, keyLine, { mode: 0o600 });
          writeFileSync(
            encryptedFile,
            encryptValue(readFileSync(dsnFile, 'utf8'), parseSecretKeys(keyLine)).slice(index % 2),
          );
          const files: Readonly<Record<string, string>> = {
            SOURCE: source,
            DSN_FILE: dsnFile,
            KEY_FILE: keyFile,
            ENCRYPTED_FILE: encryptedFile,
          };
          const words = args.map((word) => files[word] ?? word);
          const format = index % 2 === 0 ? 'pretty' : 'json';
          await observe(
            `${command} ${args.join(' ')}: ${fault}, ${shape}`,
            'cli.js',
            [...command.split(' '), ...words],
            { ...environment, LOG_FORMAT: format },
          );
        }),
      ),
    );
    await inTurns(works);
  }, 150_000);

  it('leaves a service that serves, and loses what it depends on', async () => {
    const { stage, proxy } = faulty;
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
    const { stage, silent } = faulty;
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
      const given = { ...environment, DB_CONNECT_TIMEOUT_MS: '5000', REDIS_URL: url };
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
        await observe('Redis: undecodable', 'main.js', [], undecodable);
        expect(exits.get('Redis: undecodable')).toBe(EXIT.configuration);
      },
    ]);
  }, 90_000);

  it('is in any of the outputs', () => {
    const kilobytes = Math.round(outputs.bytes / 1024);
    console.log(
      `searched ${outputs.count} outputs, ${kilobytes} KiB, for ${SECRETS.length} secrets`,
    );
    expect(outputs.leaks()).toEqual([]);
    expect(outputs.count).toBeGreaterThan(500);
  });
});
