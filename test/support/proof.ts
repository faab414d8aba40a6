import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import type { PackDocument } from '../../src/proof/pack.schema.js';
import { type Environment, execute } from './program.js';
import type { Ended } from './service.js';

export interface Proved {
  readonly ended: Ended;
  readonly file: string;
  readonly markdown: string;
  readonly pack: PackDocument;
}

/** `holdfast proof` to its end, with what it has written into the folder. */
export async function proof(
  environment: Environment,
  folder: string,
  args: readonly string[],
): Promise<Proved> {
  const given = ['proof', '--out', folder, ...args];
  const ended = await execute('cli.js', given, environment, { limitMs: 60_000 });
  const file = join(folder, 'proof.json');
  return {
    ended,
    file,
    markdown: readFileSync(join(folder, 'proof.md'), 'utf8'),
    pack: JSON.parse(readFileSync(file, 'utf8')) as PackDocument,
  };
}

/** As anybody can compute it who has the file: RFC 8785 and SHA-256. */
export function digestOfPack({ digest: _digest, signature: _signature, ...rest }: PackDocument) {
  return `sha256:${createHash('sha256')
    .update(canonicalize(rest) ?? '')
    .digest('hex')}`;
}

/** Writes a pack that somebody has changed, with a digest that fits. */
export function forge(file: string, pack: PackDocument, changes: Partial<PackDocument>): string {
  const changed = { ...pack, ...changes };
  writeFileSync(file, JSON.stringify({ ...changed, digest: digestOfPack(changed) }));
  return file;
}

export function stepOf(pack: PackDocument, name: string): PackDocument['steps'][number] {
  const step = pack.steps.find((one) => one.name === name);
  if (!step) throw new Error(`no step ${name} among ${pack.steps.map((one) => one.name).join()}`);
  return step;
}
