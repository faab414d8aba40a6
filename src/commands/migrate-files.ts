import { relative } from 'node:path';
import type { Report } from '@holdfast/guard/command/report';
import { renumberMigration, writeNewMigration } from '@holdfast/migrate/migration-files';
import { ReasonError } from '../reasons.js';
import { service } from '../service.js';

export interface NewFlags {
  readonly store: string;
  /** False by `--no-transaction`. */
  readonly transaction: boolean;
  readonly backwardCompatible?: boolean;
}

/** `holdfast migrate new`: makes the files of the next migration. @throws as `writeNewMigration` */
export function newMigration(name: string, flags: NewFlags): Report {
  const files = writeNewMigration(service.migrations, known(flags.store), {
    name,
    transactional: flags.transaction,
    backwardCompatible: flags.backwardCompatible === true,
  }).map(shown);
  return {
    text: `${files.map((file) => `${file}\n`).join('')}Write the change into each, then: holdfast migrate plan\n`,
    document: { files },
  };
}

/** `holdfast migrate renumber`: gives a migration the number after the last. @throws as `renumberMigration` */
export function renumber(id: string, flags: { readonly store: string }): Report {
  const files = renumberMigration(service.migrations, known(flags.store), id).map(
    ({ from, to }) => ({ from: shown(from), to: shown(to) }),
  );
  const lines = files.map(({ from, to }) => `${from} is ${to} now\n`);
  return {
    text: `${lines.join('')}A development database that it has been applied to: holdfast migrate reset\n`,
    document: { files },
  };
}

/** @throws USAGE */
function known(name: string): string {
  const names = service.stores.map((store) => store.name);
  if (names.includes(name)) return name;
  throw new ReasonError('USAGE', { detail: `--store ${name} is none of ${names.join(', ')}` });
}

function shown(file: string): string {
  return relative(process.cwd(), file);
}
