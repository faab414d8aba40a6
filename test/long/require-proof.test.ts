import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PackDocument } from '../../src/proof/pack.schema.js';
import { cleanup } from '../support/cleanup.js';
import { documentOf } from '../support/migrate.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { forge, proof } from '../support/proof.js';
import { OF_TESTS, startService, workingFolder } from '../support/service.js';

const { later, temporaryFolder } = cleanup();
const KEY = 'a key that nobody knows';

let database: TestDatabase;
let environment: Environment;
let genuine: { readonly file: string; readonly pack: PackDocument };
let signed: { readonly file: string; readonly pack: PackDocument };

beforeAll(async () => {
  database = await createDatabase();
  environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: database.url,
    ...OF_TESTS,
  };
  expect((await execute('cli.js', ['migrate', 'up'], environment)).code).toBe(0);
  const service = await startService(environment);
  const args = ['--url', service.url];
  genuine = await proof(environment, workingFolder(), args);
  signed = await proof({ ...environment, PROOF_KEY: KEY }, workingFolder(), args);
  await service.stop();
  expect([genuine.pack.verdict, signed.pack.verdict]).toEqual(['go', 'go']);
});
afterAll(() => database.drop());

const ABOUT_ANOTHER_COMMIT = (pack: PackDocument) => ({
  binding: { ...pack.binding, commit: '0'.repeat(40) },
});
const EXPIRED = () => ({ expires_at: new Date(Date.now() - 1000).toISOString() });
const FROM_THE_FUTURE = () => ({
  generated_at: new Date(Date.now() + 600_000).toISOString(),
});
const OF_ANOTHER_CLUSTER = (pack: PackDocument) => ({
  binding: {
    ...pack.binding,
    databases: pack.binding.databases.map((one) => ({ ...one, system_identifier: '1' })),
  },
});
const NO_GO = () => ({ verdict: 'no-go' as const });

const FORGERIES = [
  ['of another commit', ABOUT_ANOTHER_COMMIT, 'PROOF_MISMATCH'],
  ['that has expired', EXPIRED, 'PROOF_EXPIRED'],
  ['that says no-go', NO_GO, 'PROOF_NO_GO'],
  ['from the future', FROM_THE_FUTURE, 'PROOF_MISMATCH'],
  ['of another cluster', OF_ANOTHER_CLUSTER, 'PROOF_MISMATCH'],
] as const;

/** A pack whose digest is right, in a file of its own. */
function forged(change: (pack: PackDocument) => Partial<PackDocument>): string {
  return forge(join(temporaryFolder(), 'proof.json'), genuine.pack, change(genuine.pack));
}

/** One byte of it is another one. */
function tampered(): string {
  const file = join(temporaryFolder(), 'proof.json');
  writeFileSync(file, JSON.stringify({ ...genuine.pack, url: `${genuine.pack.url}x` }));
  return file;
}

/** Nobody writes into it. */
function pipe(): string {
  const file = join(temporaryFolder(), 'proof.json');
  execFileSync('mkfifo', [file]);
  return file;
}

describe('holdfast proof verify', () => {
  const verify = async (file: string, more: Environment = {}) => {
    const ended = await execute('cli.js', ['proof', 'verify', file, '--json'], {
      ...environment,
      ...more,
    });
    return { code: ended.code, document: documentOf(ended) };
  };
  const objections = (...codes: readonly string[]) => ({
    valid: false,
    objections: codes.map((code) => expect.objectContaining({ code }) as unknown),
  });

  it('is content with a pack of this build and this configuration', async () => {
    const { code, document } = await verify(genuine.file);
    expect(document).toMatchObject({ valid: true, objections: [] });
    expect(code).toBe(0);
  });

  it.each(FORGERIES)('names what is wrong with one %s', async (_, change, expected) => {
    const { code, document } = await verify(forged(change));
    expect(document).toMatchObject(objections(expected));
    expect(code).toBe(1);
  });

  it('finds a byte that was changed', async () => {
    const { code, document } = await verify(tampered());
    expect(document).toMatchObject(objections('PROOF_MISMATCH'));
    expect(code).toBe(1);
  });

  it('names every part of the binding that differs', async () => {
    const other = await createDatabase();
    later(() => other.drop());
    const { document } = await verify(genuine.file, {
      DATABASE_URL: other.url,
      DPM_POLICY_PACKS_ENABLED: 'true',
    });
    expect(document).toMatchObject({
      objections: [
        { message: expect.stringMatching(/^configuration: /) },
        { message: expect.stringMatching(/^migrations: /) },
        { message: expect.stringMatching(/^database primary: /) },
      ],
    });
  });

  it('takes nothing else for a pack', async () => {
    const file = join(temporaryFolder(), 'proof.json');
    for (const text of ['', 'null', '{"verdict":"go"}', '\0']) {
      writeFileSync(file, text);
      const { code, document } = await verify(file);
      expect({ code, document }).toEqual({
        code: 1,
        document: { ...objections('PROOF_MISSING'), expires_at: null },
      });
    }
    const none = await execute('cli.js', ['proof', 'verify', '/nowhere/proof.json'], environment);
    expect([none.code, none.stdout]).toEqual([1, 'PROOF_MISSING: the file cannot be read\n']);
  });

  it('knows a database that is called like its password', async () => {
    const role = new URL(database.url).pathname.slice(1);
    await database.query(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD '${role}'`);
    later(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const url = new URL(database.url);
    [url.username, url.password] = [role, role];
    const same = { ...environment, DATABASE_URL: url.href };
    const service = await startService(same);
    later(() => service.stop());
    const { file, pack } = await proof(same, workingFolder(), ['--url', service.url]);
    expect(JSON.stringify(pack)).not.toContain(role);
    const { code, document } = await verify(file, same);
    expect(document).toMatchObject({ valid: true, objections: [] });
    expect(code).toBe(0);
  });

  it('reads a pack whose times and digests look like a short secret', async () => {
    const year = new Date().getUTCFullYear();
    const short = { ...environment, REDIS_URL: `redis://:${year}@127.0.0.1:1/0` };
    const { file } = await proof(short, workingFolder(), ['--url', 'http://127.0.0.1:1']);
    expect((await verify(file, short)).document).toMatchObject(objections('PROOF_NO_GO'));
  });
});

describe('a start with REQUIRE_PROOF', () => {
  const start = (REQUIRE_PROOF: string, more: Environment = {}) =>
    execute('main.js', [], { ...environment, ...more, REQUIRE_PROOF });

  it('serves with a valid pack', async () => {
    const service = await startService({ ...environment, REQUIRE_PROOF: genuine.file });
    expect((await service.stop()).code).toBe(0);
  });

  it('does not ask for one under LOCAL', async () => {
    const service = await startService({
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      REQUIRE_PROOF: '/nowhere/proof.json',
    });
    expect((await service.stop()).code).toBe(0);
  });

  it.each([
    ['that is not there', () => '/nowhere/proof.json', 'PROOF_MISSING'],
    ['that is a pipe', pipe, 'PROOF_MISSING'],
    ['that was changed', tampered, 'PROOF_MISMATCH'],
    ...FORGERIES.slice(0, 4).map(
      ([name, change, code]) => [name, () => forged(change), code] as const,
    ),
  ])('is refused by the guard with a pack %s', async (_, file, code) => {
    // Whoever gets past the guard would ask for this database in vain, and end with 69.
    const ended = await start(file());
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 78, stdout: '' });
    expect(jsonLines(ended.stderr)).toEqual([
      {
        level: 'fatal',
        time: expect.any(String),
        event: 'startup.refused',
        message: expect.any(String),
        violations: [expect.objectContaining({ code, variable: 'REQUIRE_PROOF' })],
      },
    ]);
  });

  it.each([
    ['that is not there', () => '/nowhere/proof.json', 'PROOF_MISSING'],
    ['that was changed', tampered, 'PROOF_MISMATCH'],
    ...FORGERIES.map(([name, change, code]) => [name, () => forged(change), code] as const),
  ])('is no-go for holdfast check with a pack %s', async (_, file, code) => {
    const args = ['check', '--json', ...(code === 'PROOF_MISMATCH' ? ['--connect'] : [])];
    const ended = await execute('cli.js', args, { ...environment, REQUIRE_PROOF: file() });
    expect(ended.code).toBe(78);
    expect(documentOf(ended)).toMatchObject({
      verdict: 'no-go',
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'proof', ok: false, code }),
      ]) as unknown,
    });
  });

  it('is go for holdfast check with a valid pack', async () => {
    const given = { ...environment, REQUIRE_PROOF: genuine.file };
    const ended = await execute('cli.js', ['check', '--connect', '--json'], given);
    expect(documentOf(ended)).toMatchObject({
      verdict: 'go',
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'proof', ok: true, code: null }),
      ]) as unknown,
    });
  });

  it('does not keep the next pack from being made', async () => {
    const service = await startService(environment);
    later(() => service.stop());
    const given = { ...environment, REQUIRE_PROOF: forged(EXPIRED) };
    const { pack } = await proof(given, workingFolder(), ['--url', service.url]);
    expect(pack.verdict).toBe('go');
  });

  it('is refused with a pack of another cluster, before the port opens', async () => {
    const { code, stdout } = await start(forged(OF_ANOTHER_CLUSTER));
    expect(code).toBe(78);
    expect(jsonLines(stdout).map((line) => line.code ?? line.event)).toEqual(['PROOF_MISMATCH']);
  });

  it('with PROOF_KEY takes only what was signed with it', async () => {
    const key = { PROOF_KEY: KEY };
    const service = await startService({ ...environment, ...key, REQUIRE_PROOF: signed.file });
    expect((await service.stop()).code).toBe(0);
    const forgedFile = forge(join(temporaryFolder(), 'proof.json'), signed.pack, { url: 'x' });
    for (const [file, given] of [
      [genuine.file, key],
      [forgedFile, key],
      [signed.file, { PROOF_KEY: 'another key of some length' }],
    ] as const) {
      const { code, stderr } = await start(file, given);
      expect({ code, stderr }).toEqual({
        code: 78,
        stderr: expect.stringContaining('it is not signed with PROOF_KEY'),
      });
    }
  });
});
