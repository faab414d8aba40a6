import { mkdirSync, existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { statementsFile } from '@holdfast/migrate/recorded-statements';

/** Test files run at the same time, and write the same file. */
const MAX_WAIT_MS = 10_000;
const PAUSE_MS = 20;

/** Adds what a store sends to what is recorded of it. @param folder as `RECORD_STATEMENTS` names it */
export async function addStatements(
  folder: string,
  store: string,
  texts: readonly string[],
): Promise<void> {
  if (texts.length === 0) return;
  const file = statementsFile(folder, store);
  mkdirSync(dirname(file), { recursive: true });
  const lock = `${file}.lock`;
  const deadline = Date.now() + MAX_WAIT_MS;
  while (!locked(lock)) {
    if (Date.now() > deadline) throw new Error(`${lock} is there: remove it`);
    await wait(PAUSE_MS);
  }
  try {
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
    const all = [...new Set([...known, ...texts])].sort();
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  } finally {
    rmdirSync(lock);
  }
}

function locked(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
