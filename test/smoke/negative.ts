// Every code of the guard, from outside the process: exit code 78, the code on stderr, no port, no
// secret. A code of the catalogue for which there is no case fails.

import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { catalogue, EXIT } from '@holdfast/core/reasons';
import '../../src/reasons.js';
import { freePort } from '@holdfast/testing/cluster';
import { jsonLines, start } from '../support/program.js';
import { beyondTheGuard, type Case, cases, type Packs } from './negative-cases.js';
import { makePacks } from './packs.js';
import { expect, smoke, step } from './steps.js';

const AT_A_TIME = 2;
const POLL_MS = 10;

function codesWithoutCase(): readonly string[] {
  return [...catalogue]
    .filter(([code, { exit }]) => exit === EXIT.configuration && !cases.has(code))
    .filter(([code]) => {
      const file = beyondTheGuard[code];
      return file === undefined || !readFileSync(file, 'utf8').includes(code);
    })
    .map(([code]) => code);
}

/** Whether anybody listened on the port at any time before the process ended. */
async function watchPort(port: number, process: ChildProcess): Promise<boolean> {
  while (process.exitCode === null && process.signalCode === null) {
    if (await isOpen(port)) return true;
    await wait(POLL_MS);
  }
  return false;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

async function refuse(code: string, environment: Case, packs: Packs): Promise<void> {
  // No part of the program's own words by accident.
  const secret = `q${randomBytes(12).toString('hex')}Z`;
  const port = await freePort();
  const given = { ...environment(secret, packs), HOST: '127.0.0.1', PORT: String(port) };
  const { process, ended } = start('main.js', [], given);
  const [wasOpen, { code: exit, stdout, stderr }] = await Promise.all([
    watchPort(port, process),
    ended,
  ]);
  expect(exit === EXIT.configuration, `${code}: the exit code is ${exit}`, stderr);
  const [line, ...others] = jsonLines(stderr);
  const violations = (line?.violations ?? []) as readonly { readonly code: string }[];
  const codes = violations.map((violation) => violation.code);
  expect(
    others.length === 0 && codes.join() === code,
    `${code}: stderr tells something else`,
    stderr,
  );
  expect(stdout === '', `${code}: something is on stdout`, stdout);
  expect(!wasOpen, `${code}: port ${port} was open`);
  expect(!stderr.includes(secret), `${code}: a secret is printed`);
}

await smoke(async (atEnd) => {
  const missing = codesWithoutCase();
  expect(missing.length === 0, 'no case in test/smoke/negative-cases.ts', missing);
  const packs = await step('proof packs with one thing wrong each', () => makePacks(atEnd));
  const queue = [...cases];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [code, environment] = next;
      await step(code, () => refuse(code, environment, packs));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  console.log(`${cases.size} codes: each ended with 78, opened no port and printed no secret`);
});
