import { EXIT } from '@holdfast/core/reasons';
import type { Report } from '@holdfast/guard/command/report';
import { type Dialect, idOf, type Migration, readMigrations } from '@holdfast/migrate/migration';
import { inOneDialect, type OneDialect } from '@holdfast/migrate/migration-files';
import type { JudgedMigration } from '@holdfast/migrate/verdicts/judged-migration';
import {
  type Finding,
  findingLines,
  type Verdict,
  VERDICTS,
  verdictsIn,
} from '@holdfast/migrate/verdicts/verdict';
import { ReasonError } from '../reasons.js';
import { service } from '../service.js';
import { knownStore } from './known-store.js';

export interface LintFlags {
  readonly store?: string;
  readonly from?: string;
  readonly failOn?: string;
}

interface Judged extends JudgedMigration {
  readonly dialect: Dialect;
}

/**
 * `holdfast migrate lint`: judges the files of this build, without a database or a configuration. Exits with 1
 * where it finds what `--fail-on` lists.
 * @throws USAGE, and what `readMigrations` throws
 */
export async function lint(flags: LintFlags): Promise<Report> {
  const refused = verdictsIn(flags.failOn);
  const judged: Judged[] = [];
  for (const store of chosen(flags.store)) {
    const postgres = readMigrations(service.migrations, store, 'postgres');
    const { fileFindings } = await import('@holdfast/migrate/postgres/verdicts/file-findings');
    for (const each of await fileFindings(postgres, migrationsBeside(store)))
      judged.push({ ...each, dialect: 'postgres' });
    const sqlite = readMigrations(service.migrations, store, 'sqlite');
    const { sqliteFileFindings } =
      await import('@holdfast/migrate/sqlite/verdicts/sqlite-findings');
    for (const each of sqliteFileFindings(sqlite)) judged.push({ ...each, dialect: 'sqlite' });
  }
  const { from = '' } = flags;
  const alone = chosen(flags.store).flatMap((store) => inOneDialect(service.migrations, store));
  const asked = judged
    .filter(({ migration }) => migration.version >= from)
    .map((each) => withOtherDialect(each, alone));
  const found = asked.flatMap(({ statements }) => statements.flatMap(({ verdicts }) => verdicts));
  return {
    text: textOf(asked),
    document: {
      migrations: asked.map(({ dialect, migration, statements }) => ({
        store: migration.store,
        dialect,
        migration: idOf(migration),
        statements,
      })),
      counts: countsOf(found),
    },
    exitCode: found.some(({ verdict }) => refused.has(verdict)) ? EXIT.failed : EXIT.ok,
  };
}

/** Those of the other stores; undefined where one of them cannot be read: that is not what was asked about. */
function migrationsBeside(store: string): readonly Migration[] | undefined {
  const others = service.stores.filter(({ name }) => name !== store);
  try {
    return others.flatMap(({ name }) => readMigrations(service.migrations, name, 'postgres'));
  } catch (error) {
    if (error instanceof ReasonError) return undefined;
    throw error;
  }
}

function chosen(name: string | undefined): readonly string[] {
  return name === undefined ? service.stores.map((store) => store.name) : [knownStore(name)];
}

/** Says first where the file is there for this dialect alone. */
function withOtherDialect(judged: Judged, alone: readonly OneDialect[]): Judged {
  const { dialect, migration, statements } = judged;
  const found = alone.find(
    ({ store, dialect: its, id }) =>
      store === migration.store && its === dialect && id === idOf(migration),
  );
  if (!found) return judged;
  const finding: Finding = {
    verdict: 'WILL FAIL',
    rule: 'one-dialect',
    text: `${found.text}. This file is applied to ${DIALECT_NAMES[dialect]} all the same, and none of the migrations fails by it: on ${DIALECT_NAMES[otherOf(dialect)]} the change is not made, and what fails there is the build that needs it, when it runs.`,
    fix: 'Write the same change for both, under the same number and name.',
  };
  return {
    ...judged,
    statements: [{ number: 0, line: 1, sql: '', verdicts: [finding] }, ...statements],
  };
}

const DIALECT_NAMES = { postgres: 'PostgreSQL', sqlite: 'SQLite' } as const;

function otherOf(dialect: Dialect): Dialect {
  return dialect === 'postgres' ? 'sqlite' : 'postgres';
}

type Counts = Readonly<Partial<Record<Verdict, number>>>;

function countsOf(found: readonly { readonly verdict: Verdict }[]): Counts {
  const counts = VERDICTS.map(
    (verdict) => [verdict, found.filter((each) => each.verdict === verdict).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const WIDTH = 76;

function textOf(judged: readonly Judged[]): string {
  const files = judged.map(({ dialect, migration, statements }) => {
    const blocks = statements
      .filter(({ verdicts }) => verdicts.length > 0)
      .map(({ line, sql, verdicts }) => {
        const lines = [`  line ${line}: ${shortened(sql)}`.trimEnd()];
        for (const finding of verdicts)
          lines.push(...findingLines(finding).map((text) => `    ${text}`));
        return `${lines.join('\n')}\n`;
      });
    if (blocks.length === 0) return '';
    return `${migration.store}/${dialect}/${idOf(migration)}.sql\n${blocks.join('')}`;
  });
  const all = judged.flatMap(({ statements }) => statements);
  const counts = Object.entries(countsOf(all.flatMap(({ verdicts }) => verdicts)));
  const said = counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  const statements = counted(all.filter(({ number }) => number > 0).length, 'statement');
  const summary = `${statements} in ${counted(judged.length, 'file')}: ${said || 'nothing to say'}.\n`;
  return `${files.join('')}${summary}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** On one line. */
function shortened(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim();
  return line.length > WIDTH - 12 ? `${line.slice(0, WIDTH - 16)} ...` : line;
}
