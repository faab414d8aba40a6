import { relative } from 'node:path';
import type { Report } from '@holdfast/guard/command/report';
import { renumberMigration, writeNewMigration } from '@holdfast/migrate/migration-files';
import { service } from '../service.js';
import { knownStore } from './known-store.js';

export interface NewFlags {
  readonly store: string;
  /** False by `--no-transaction`. */
  readonly transaction: boolean;
  readonly backwardCompatible?: boolean;
}

/** `holdfast migrate new`: makes the files of the next migration. @throws as `writeNewMigration` */
export function newMigration(name: string, flags: NewFlags): Report {
  const files = writeNewMigration(service.migrations, knownStore(flags.store), {
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
  const files = renumberMigration(service.migrations, knownStore(flags.store), id).map(
    ({ from, to }) => ({ from: shown(from), to: shown(to) }),
  );
  const lines = files.map(({ from, to }) => `${from} is ${to} now\n`);
  return {
    text: `${lines.join('')}A development database that it has been applied to: holdfast migrate reset\n`,
    document: { files },
  };
}

function shown(file: string): string {
  return relative(process.cwd(), file);
}
