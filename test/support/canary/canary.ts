import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptValue } from '@holdfast/guard/secrets/encrypted-value';
import { newSecretKeyLine, parseSecretKeys } from '@holdfast/guard/secrets/secret-keys';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, type TcpProxy } from '@holdfast/testing/tcp-proxy';
import { sqliteFile } from '../copy.js';
import type { Environment } from '../program.js';
import { Outputs } from './outputs.js';
import { seedsOf } from './seeds.js';
import { observed, setStage, SHAPES, type Stage, type Target } from './stage.js';

/**
 * How each command is called, and what else is done with it. A command of the program that is not in
 * here fails a test.
 */
export const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'migrate up': [[], ['--json']],
  'migrate status': [['--json'], ['--drift']],
  'migrate plan': [[], ['--fail-on', 'will-fail']],
  'migrate lint': [[], ['--json', '--fail-on', 'destroys']],
  // Refused: what they make would stay in the checkout.
  'migrate new': [['add_review_notes', '--store', 'nobody', '--json']],
  'migrate renumber': [['0001_create_proposals', '--store', 'advisory']],
  'migrate baseline': [['--store', 'advisory', '--to', '0001']],
  'migrate unlock': [['--pid', '1']],
  'migrate reset': [[], ['--yes', '--json']],
  copy: [
    ['--from', 'SOURCE', '--report', 'report.json', '--on-reject', 'list'],
    ['--from', 'SOURCE', '--to-file', 'DSN_FILE', '--schema', 'copied', '--json'],
    ['--from', 'SOURCE', '--follow', '--cut-over', '--json'],
    ['--from', 'SOURCE', '--stop-following'],
    ['--undo', 'report.json'],
  ],
  'copy inspect': [['SOURCE'], ['SOURCE', '--json']],
  'copy cost-of-return': [['report.json'], ['report.json', '--to-file', 'DSN_FILE', '--json']],
  purge: [[], ['--dry-run', '--json']],
  'media cleanup': [[], ['--dry-run', '--json']],
  'media fsck': [['--json'], ['--repair']],
  backup: [
    ['--out', 'backups', '--json'],
    ['--out', 'backups'],
  ],
  restore: [
    ['backups', '--into-file', 'DSN_FILE', '--json'],
    ['backups', '--into', 'restored.sqlite'],
    ['backups', '--rehearse', '--json'],
  ],
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

/** What may be wrong with a configuration that the guard lets pass. */
export type Fault = readonly [name: string, target: (canary: Canary) => Target, more?: Environment];

/** Nothing is. */
export const WORKS: Fault = ['works', () => ({})];

export const FAULTS: readonly Fault[] = [
  ['login refused', ({ stage }) => ({ user: stage.denied })],
  ['database missing', () => ({ database: 'not_there' })],
  ['nothing listens', () => ({ port: 1 })],
  ['no such host', () => ({ host: 'database.invalid' })],
  ['silent', ({ silent }) => ({ host: '127.0.0.1', port: silent.port })],
  ['not encrypted', () => ({}), { DB_SSL_MODE: 'require' }],
  ['not migrated', ({ empty }) => ({ database: new URL(empty.url).pathname.slice(1) })],
];

/** A stage with programs on it, of which all is kept that leaves them. */
export interface Canary {
  readonly stage: Stage;
  readonly silent: TcpProxy;
  /** Leads to the server, until it is cut. */
  readonly proxy: TcpProxy;
  readonly empty: TestDatabase;
  readonly folder: string;
  readonly outputs: Outputs;
  /** Runs a program to its end. @returns its exit code */
  readonly observe: (
    name: string,
    file: 'main.js' | 'cli.js',
    args: readonly string[],
    environment: Environment,
  ) => Promise<number | null>;
  readonly remove: () => Promise<void>;
}

/** On a database that is migrated. */
export async function setCanary(): Promise<Canary> {
  const reserved = seedsOf('reserved');
  const outputs = new Outputs();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-canary-files-'));
  const stage = await setStage(reserved);
  const silent = await startProxy({ port: 1 });
  silent.stall();
  const proxy = await startProxy({ port: Number(new URL(stage.database.url).port) });
  const empty = await createDatabase();
  outputs.expectNothingOf(reserved.values());
  const observe: Canary['observe'] = (...program) => observed(outputs, ...program);
  const code = await observe('migrate', 'cli.js', ['migrate', 'up'], stage.environment('shared'));
  if (code !== 0) throw new Error(`migrate up ended with ${code}`);
  return {
    stage,
    silent,
    proxy,
    empty,
    folder,
    outputs,
    observe,
    remove: async () => {
      await silent.close();
      await proxy.close();
      await empty.drop();
      await stage.remove();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Every command that the program itself lists, with the words of its parents; but `serve`, which is `main.js`. */
export function commandsOf(words: readonly string[] = []): readonly string[] {
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

/** A few at a time. */
export async function inTurns(works: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...works];
  const lane = async () => {
    for (let work = left.shift(); work; work = left.shift()) await work();
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}

/** Calls every command with each fault; where it is called in several ways, each fault with one of them. */
export async function callCommands(canary: Canary, faults: readonly Fault[]): Promise<void> {
  const { folder, stage, observe } = canary;
  const source = sqliteFile(folder, `CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), ('x')`);
  const works = Object.entries(COMMANDS).flatMap(([command, calls]) =>
    calls.flatMap((args, call) =>
      faults.map((fault, index) => async () => {
        const [name, target, more] = fault;
        if (fault !== WORKS && index % calls.length !== call) return;
        const shape = SHAPES[(call + index + command.length) % SHAPES.length] ?? 'own';
        const environment = { ...stage.environment(shape, target(canary)), ...more };
        const dsnFile = join(folder, `dsn-${command.length}-${call}-${index}`);
        writeFileSync(dsnFile, stage.environment('shared', target(canary)).DATABASE_URL ?? '');
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
          `${command} ${args.join(' ')}: ${name}, ${shape}`,
          'cli.js',
          [...command.split(' '), ...words],
          { ...environment, LOG_FORMAT: format },
        );
      }),
    ),
  );
  await inTurns(works);
}
