import { setTimeout as wait } from 'node:timers/promises';
import { allVariables } from '@holdfast/guard/environment';
import type { Settings } from '@holdfast/guard/settings';
import { EXIT } from '@holdfast/core/reasons';
import { service } from '../service.js';
import { registeredStores } from '../stores/registry.js';
import type { StoreRegistration } from '../stores/store.js';
import type { HttpAnswer } from '../http-get.js';
import { serviceGet } from './service-get.js';
import { codesIn, documentIn } from './documents.js';
import type { Finding, Gate } from './gate.js';
import { type Changes, type Program, startProgram } from './programs.js';
import { urlBelow } from './service-gates.js';
import './proof.reasons.js';

const LIMIT_MS = 30_000;
const REQUEST_MS = 5000;
const POLL_MS = 100;

/** A second instance next to the one that serves: on a free port of its own, and it changes nothing. */
const SECOND: Changes = {
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  CI_STRICT: '1',
  HOST: '127.0.0.1',
  PORT: '0',
  OPS_PORT: '0',
  LOG_FORMAT: 'json',
  LOG_LEVEL: 'info',
  MIGRATE_ON_START: 'false',
  DB_STARTUP_TIMEOUT: '10',
  SHUTDOWN_DRAIN_MS: '0',
  REQUIRE_PROOF: undefined,
};
/** Nothing listens there, and nobody asks: the guard comes first. */
const NOWHERE = 'postgresql://proof@127.0.0.1:1/proof';
const NO_REDIS = 'redis://127.0.0.1:1/0';
/** Where the connection strings of stores come from that have none of their own. */
const SHARED = ['DATABASE_URL', 'DB_HOST', 'DB_NAME', 'DB_USER'];

/** Broken on purpose, one thing each: what must not start, or must not be ready, does not. */
export function negativeGates({ stores }: Settings): readonly Gate[] {
  const used = registeredStores.filter(({ name }) => stores.some(({ store }) => store === name));
  return [
    brokenRedis(),
    refused(
      'no connection string at all',
      without([...SHARED, ...registeredStores.map(({ dsnVariable }) => dsnVariable)]),
      used.map(dsnCode),
    ),
    ...registeredStores.flatMap((store) => {
      const enabled = {
        ...Object.fromEntries(store.enabledBy.slice(0, 1).map((name) => [name, 'true'])),
        ...store.wantedInProduction,
      };
      const others = registeredStores.filter((other) => other !== store);
      return [
        refused(
          `the ${store.name} store on SQLITE`,
          { ...enabled, [store.backendVariable]: 'SQLITE', [store.dsnVariable]: NOWHERE },
          [backendCode(store)],
        ),
        refused(
          `the ${store.name} store without a connection string`,
          {
            ...enabled,
            ...without([...SHARED, store.dsnVariable]),
            ...Object.fromEntries(others.map(({ dsnVariable }) => [dsnVariable, NOWHERE])),
            [store.backendVariable]: undefined,
          },
          [dsnCode(store)],
        ),
      ];
    }),
  ];
}

const backendCode = ({ prefix }: StoreRegistration) =>
  `PERSISTENCE_PROFILE_REQUIRES_${prefix}_POSTGRES`;
const dsnCode = (store: StoreRegistration) => `${backendCode(store)}_DSN`;

function without(names: readonly string[]): Changes {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/** The guard names these codes and no others, and ends the process with 78. */
function refused(name: string, changes: Changes, codes: readonly string[]): Gate {
  const given = { ...SECOND, REDIS_URL: NO_REDIS, ...changes };
  return {
    name: `refused: ${name}`,
    command: commandLine(given),
    expected: `${codes.join(', ')}, exit code ${EXIT.configuration}`,
    look: async (): Promise<Finding> => {
      const program = startProgram('main.js', [], given, LIMIT_MS);
      const { exitCode, timedOut, stdout, stderr } = await program.ended;
      const output = stdout + stderr;
      if (timedOut) return { isGo: false, got: 'killed', code: 'PROOF_STEP_TIMEOUT', output };
      const found = codesIn(documentIn(stderr));
      const isGo = exitCode === EXIT.configuration && found.join() === codes.join();
      const got = `${found.join(', ') || 'no code'}, exit code ${exitCode}`;
      return { isGo, got, exitCode, code: found[0], output };
    },
  };
}

function brokenRedis(): Gate {
  const given = { ...SECOND, REDIS_URL: NO_REDIS };
  return {
    name: 'not ready: a broken Redis',
    command: commandLine(given),
    expected: '503 with REDIS_UNREACHABLE',
    look: async () => {
      const program = startProgram('main.js', [], given, LIMIT_MS);
      const answer = await firstRefusal(program).finally(program.stop);
      const { exitCode, timedOut, stdout, stderr } = await program.ended;
      const output = stdout + stderr;
      if (!answer) {
        const code = timedOut ? 'PROOF_STEP_TIMEOUT' : codesIn(lastLine(stdout))[0];
        return { isGo: false, got: `not served, exit code ${exitCode}`, exitCode, code, output };
      }
      const code = codesIn(documentIn(answer.text)).find((one) => one === 'REDIS_UNREACHABLE');
      const isGo = answer.status === 503 && code !== undefined && exitCode === EXIT.ok;
      return {
        isGo,
        got: `${answer.status} with ${code ?? 'no such code'}, exit code ${exitCode} when stopped`,
        exitCode,
        httpStatus: answer.status,
        code,
        output: `${answer.text}\n${output}`,
      };
    },
  };
}

/** The first answer other than 200 by a program that serves; else the last, or none. */
async function firstRefusal(program: Program): Promise<HttpAnswer | undefined> {
  const deadline = Date.now() + LIMIT_MS / 2;
  let answer: HttpAnswer | undefined;
  while (!program.hasEnded() && Date.now() < deadline) {
    const url = /"event":"listening","url":"([^"]+)"/.exec(program.stdout())?.[1];
    if (url !== undefined) {
      answer = await serviceGet(urlBelow(new URL(url), '/health/ready'), REQUEST_MS);
      if (answer.status !== 200) return answer;
    }
    await wait(POLL_MS);
  }
  return answer;
}

function lastLine(text: string): unknown {
  return documentIn(text.trimEnd().split('\n').at(-1) ?? '');
}

/** As a shell would take it; a secret may be given as a file, too. */
function commandLine(changes: Changes): string {
  const known = allVariables(service);
  const words = Object.entries(changes).flatMap(([name, value]) => [
    ...(known.get(name)?.fromFile ? [`-u ${name}_FILE`] : []),
    value === undefined ? `-u ${name}` : `${name}=${value}`,
  ]);
  const options = words.filter((word) => word.startsWith('-u'));
  const settings = words.filter((word) => !word.startsWith('-u'));
  return ['env', ...options, ...settings, 'node dist/main.js'].join(' ');
}
