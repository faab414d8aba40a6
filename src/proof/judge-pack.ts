import { readFileSync, statSync } from 'node:fs';
import type { Secret } from '@holdfast/core/secret';
import { ReasonError } from './proof.reasons.js';
import type { Identity, Situation } from './binding.js';
import { digestOf, isSignedBy } from './digest.js';
import type { Mask } from './masked.js';
import { PackDocument } from './pack.schema.js';

/** Why a pack does not count. `message` tells values of the binding, which are no secrets. */
export interface Objection {
  readonly code: 'PROOF_MISSING' | 'PROOF_EXPIRED' | 'PROOF_MISMATCH' | 'PROOF_NO_GO';
  readonly message: string;
}

const MAX_BYTES = 4_000_000;
/** Clocks of two machines may differ by as much. */
const MAX_SKEW_MS = 300_000;

/** @throws PROOF_MISSING where there is no file, or none that is a pack */
export function readPack(file: string): PackDocument {
  let text: string | undefined;
  try {
    // A pipe would be waited for without end, and a device may have none.
    const stats = statSync(file);
    text = stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch (cause) {
    throw new ReasonError('PROOF_MISSING', { detail: 'the file cannot be read', cause });
  }
  const pack = PackDocument.safeParse(text === undefined ? null : parsed(text));
  if (pack.success) return pack.data;
  throw new ReasonError('PROOF_MISSING', { detail: 'the file is not a proof pack' });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** What a pack says by itself: whether it is whole, signed by whom it should be, go, and not too old. */
export function judgePack(
  pack: PackDocument,
  key: Secret | undefined,
  now: Date,
): readonly Objection[] {
  const { digest, signature, ...findings } = pack;
  const objections: Objection[] = [];
  const object = (code: Objection['code'], message: string) => objections.push({ code, message });
  if (digestOf(findings) !== digest)
    object('PROOF_MISMATCH', 'its digest is not that of its content: it has been changed');
  if (key && !isSignedBy(digest, signature, key))
    object('PROOF_MISMATCH', 'it is not signed with PROOF_KEY');
  if (pack.verdict !== 'go' || pack.steps.some(({ verdict }) => verdict !== 'go'))
    object('PROOF_NO_GO', 'its verdict is no-go');
  if (new Date(pack.generated_at).getTime() > now.getTime() + MAX_SKEW_MS)
    object('PROOF_MISMATCH', `it was made in the future, at ${pack.generated_at}: clocks differ`);
  if (new Date(pack.expires_at) <= now) object('PROOF_EXPIRED', `it expired at ${pack.expires_at}`);
  return objections;
}

/**
 * In what this process differs from what the pack is a proof about.
 * @param mask as it was applied to the pack: a database may be called like its password
 */
export function judgeBinding(
  { binding }: PackDocument,
  situation: Omit<Situation, 'databases'>,
  mask: Mask,
): readonly Objection[] {
  const { version, commit, configuration, migrations } = situation;
  const here = { ...masked({ version, commit }, mask), configuration, migrations };
  return (['version', 'commit', 'configuration', 'migrations'] as const).flatMap((name) =>
    binding[name] === here[name]
      ? []
      : [mismatch(name, binding[name] ?? 'none', here[name] ?? 'none')],
  );
}

/** A cluster that one of both could not read is not compared. */
export function judgeDatabases(
  { binding }: PackDocument,
  databases: readonly Identity[],
  mask: Mask,
): readonly Objection[] {
  const here = databases.map((one) => masked(one, mask));
  const names = new Set([...binding.databases, ...here].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const proved = binding.databases.find((one) => one.name === name);
    const found = here.find((one) => one.name === name);
    if (!proved || !found)
      return [mismatch(`database ${name}`, describeDatabase(proved), describeDatabase(found))];
    if (proved.database !== found.database)
      return [mismatch(`database ${name}`, describeDatabase(proved), describeDatabase(found))];
    const { system_identifier: one } = proved;
    const { system_identifier: other } = found;
    return one === null || other === null || one === other
      ? []
      : [mismatch(`cluster of database ${name}`, one, other)];
  });
}

/** As a pack has it. */
function masked<T extends Readonly<Record<keyof T, string | null>>>(texts: T, mask: Mask): T {
  const entries = Object.entries<string | null>(texts);
  return Object.fromEntries(
    entries.map(([name, text]) => [name, text === null ? null : String(mask(text))]),
  ) as T;
}

const describeDatabase = (identity: Identity | undefined) => identity?.database ?? 'none';

function mismatch(what: string, proved: string, found: string): Objection {
  return {
    code: 'PROOF_MISMATCH',
    message: `${what}: the pack is about ${proved}, here is ${found}`,
  };
}
