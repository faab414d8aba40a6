import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { execute } from '../support/program.js';
import { startTopology } from '../support/topology.js';
import { isInTheOpen, variableOf } from '../support/variables.js';

const FOLDER = 'deploy/systemd';
const UNITS = ['holdfast.service', 'holdfast-migrate.service'] as const;
/** What `systemd-analyze security` may call a unit, in tenths: below 2 it says OK. */
const EXPOSURE = '15';
const settings = parse(readFileSync(join(FOLDER, 'holdfast.env'), 'utf8'));

/** The lines of a unit, by their name. */
function directives(unit: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [, name = '', value = ''] of textOf(unit).matchAll(/^(\w+)=(.*)$/gm)) {
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

function textOf(unit: string): string {
  return readFileSync(join(FOLDER, unit), 'utf8');
}

/** What a unit's process is given; `%d` is the folder of its credentials. */
function environmentOf(unit: string, credentials = '%d'): Readonly<Record<string, string>> {
  const own = (directives(unit).get('Environment') ?? []).map((line) => {
    const [name = '', value = ''] = line.replace('%d', credentials).split('=');
    return [name, value] as const;
  });
  return { ...settings, ...Object.fromEntries(own) };
}

/** Names of the credentials that a unit loads, and of those that its variables lead to. */
function credentialsOf(unit: string) {
  const loaded = (directives(unit).get('LoadCredential') ?? []).map((line) => line.split(':'));
  for (const [name, path] of loaded) expect(path).toBe(`/etc/holdfast/${name}`);
  const meant = Object.values(environmentOf(unit)).filter((value) => value.startsWith('%d/'));
  return { loaded: loaded.map(([name]) => name), meant: meant.map((each) => each.slice(3)) };
}

describe.each(UNITS)('deploy/systemd/%s', (unit) => {
  it('is what systemd takes without a word', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-units-'));
    try {
      // Of Node, where this machine has it.
      writeFileSync(join(folder, unit), textOf(unit).replaceAll('/usr/bin/node', process.execPath));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(folder, unit)], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is confined as systemd judges it', () => {
    const asked = ['security', '--offline=true', `--threshold=${EXPOSURE}`, join(FOLDER, unit)];
    const { status, stdout } = spawnSync('systemd-analyze', asked, { encoding: 'utf8' });
    expect({ status, said: stdout.trimEnd().split('\n').at(-1) }).toMatchObject({ status: 0 });
  });

  it('gives no variable that there is not, and secrets as files alone, each of which it loads', () => {
    for (const variable of Object.keys(environmentOf(unit))) {
      expect({
        variable,
        known: variableOf(variable) !== undefined || variable === 'NODE_ENV',
        inTheOpen: isInTheOpen(variable),
      }).toEqual({ variable, known: true, inTheOpen: false });
    }
    const { loaded, meant } = credentialsOf(unit);
    expect(meant.toSorted()).toEqual(loaded.toSorted());
  });
});

it('lets the migrations alone have the rights of the owner, and confines them as the service', () => {
  const [service, migrations] = UNITS.map((unit) => credentialsOf(unit).loaded);
  expect(migrations).toEqual([...(service ?? []), 'migration_database_url']);
  const hardening = (unit: string) =>
    textOf(unit)
      .split('\n')
      .filter((line) =>
        /^(MemoryMax|\w*(Protect|Private|Restrict|SystemCall)\w*|DynamicUser|UMask|Cap\w+|NoNew\w+|LockPersonality|RemoveIPC|ProcSubset)=/.test(
          line,
        ),
      )
      .filter((line) => !line.startsWith('RestartPrevent'));
  const [one, other] = UNITS.map(hardening);
  expect(other).toEqual(one);
  expect(one?.length).toBeGreaterThan(20);
});

it('has the drain end before it is killed, and is not started again when it is refused', () => {
  const service = directives('holdfast.service');
  const [seconds] = service.get('TimeoutStopSec') ?? [];
  expect(Number(settings.SHUTDOWN_TIMEOUT_MS)).toBeLessThan(Number(seconds) * 1000);
  expect(service.get('KillSignal')).toEqual(['SIGTERM']);
  expect(service.get('Restart')).toEqual(['on-failure']);
  expect(service.get('RestartPreventExitStatus')).toEqual(['78']);
});

describe('what deploy/systemd describes, as processes', () => {
  const { later } = cleanup();

  it('is let through by the guard, migrates, and serves with the system calls that it is allowed', async () => {
    const { secrets } = await startTopology(later);
    const given = (unit: string) => ({
      ...environmentOf(unit, secrets),
      // Others on this machine may have them.
      PORT: '0',
      OPS_PORT: '0',
      SHUTDOWN_DRAIN_MS: '0',
    });
    const job = directives('holdfast-migrate.service').get('ExecStart')?.[0]?.split(' ') ?? [];
    expect(job.slice(0, 2)).toEqual(['/usr/bin/node', 'dist/cli.js']);
    const migrated = await execute('cli.js', job.slice(2), given('holdfast-migrate.service'));
    expect(migrated).toMatchObject({ code: 0 });

    const environment = given('holdfast.service');
    const check = ['check', '--connect', '--migrations', '--instances', '2', '--json'];
    const checked = await execute('cli.js', check, environment);
    expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'go' });

    expect(directives('holdfast.service').get('ExecStart')).toEqual(['/usr/bin/node dist/main.js']);
    const traced = join(secrets, '..', 'calls');
    const service = spawn(
      'strace',
      ['-f', '-qq', '-o', traced, process.execPath, resolve('dist/main.js')],
      { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    later(() => service.kill('SIGKILL'));
    let output = '';
    service.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const url = await eventually(() => {
      const [, found] = /"event":"listening.operations","url":"([^"]+)"/.exec(output) ?? [];
      if (!found) throw new Error(`it does not listen:\n${output}`);
      return found;
    });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    const ended = new Promise((done) => service.once('close', done));
    // Of strace's only child, which strace outlives.
    const [, pid] = /^(\d+)/m.exec(readFileSync(traced, 'utf8')) ?? [];
    process.kill(Number(pid), 'SIGTERM');
    expect(await ended).toBe(0);
    expect(output).toContain('"event":"stopped"');

    const used = new Set(
      [...readFileSync(traced, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => name),
    );
    expect(used.size).toBeGreaterThan(20);
    const allowed = allowedCalls(directives('holdfast.service').get('SystemCallFilter') ?? []);
    expect([...used].filter((name) => !allowed.has(name))).toEqual([]);
  });
});

/** Names of system calls that the lines of `SystemCallFilter` allow: the first ones list, `~` takes away. */
function allowedCalls(lines: readonly string[]): ReadonlySet<string> {
  const allowed = new Set<string>();
  for (const line of lines) {
    const taken = line.startsWith('~');
    for (const call of line.replace('~', '').split(' ').flatMap(callsOf)) {
      if (taken) allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

/** The system calls of a set such as `@system-service`, of those that are in it as well; else the one of that name. */
function callsOf(name: string): readonly string[] {
  if (!name.startsWith('@')) return [name];
  const listed = execFileSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' });
  const members = listed.split('\n').filter((line) => /^ +[@\w]/.test(line));
  return members.flatMap((line) => callsOf(line.trim()));
}
