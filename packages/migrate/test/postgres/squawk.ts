import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Migration } from '../../src/migration.js';
import { fileFindings } from '../../src/postgres/verdicts/file-findings.js';
import { SQUAWK_CASES } from './squawk-cases.js';

/** What both say of one file. */
export interface Compared {
  readonly sql: string;
  /** Names of squawk's rules. */
  readonly squawk: readonly string[];
  /** `DESTROYS drop-column` */
  readonly holdfast: readonly string[];
}

/** Rules of squawk, and what Holdfast says instead: one of these at least. */
export const SAID: Readonly<Record<string, readonly string[]>> = {
  'adding-field-with-default': ['REWRITES rewrite'],
  'adding-foreign-key-constraint': ['LOCKS long-lock'],
  'adding-not-nullable-field': ['BREAKS OLD BUILD set-not-null'],
  'adding-required-field': ['WILL FAIL add-not-null'],
  'adding-serial-primary-key-field': ['REWRITES rewrite', 'BREAKS OLD BUILD add-primary-key'],
  'ban-alter-domain-with-add-constraint': ['BREAKS OLD BUILD domain-constraint'],
  'ban-concurrent-index-creation-in-transaction': ['WILL FAIL invalid'],
  'ban-drop-column': ['DESTROYS drop-column'],
  'ban-drop-database': ['DESTROYS drop-database'],
  'ban-drop-not-null': ['BREAKS OLD BUILD drop-not-null'],
  'ban-drop-table': ['DESTROYS drop-table'],
  'ban-truncate-cascade': ['DESTROYS truncate'],
  'ban-uncommitted-transaction': ['WILL FAIL invalid'],
  'changing-column-type': ['BREAKS OLD BUILD change-type'],
  'constraint-missing-not-valid': ['LOCKS long-lock'],
  'disallowed-unique-constraint': ['LOCKS long-lock'],
  'renaming-column': ['BREAKS OLD BUILD rename-column'],
  'renaming-table': ['BREAKS OLD BUILD rename-table'],
  'require-concurrent-index-creation': ['LOCKS long-lock'],
  'require-concurrent-index-deletion': ['LOCKS long-lock'],
  'require-concurrent-partition-detach': ['LOCKS long-lock'],
  'require-concurrent-reindex': ['LOCKS long-lock'],
  'syntax-error': ['WILL FAIL invalid'],
  'transaction-nesting': ['WILL FAIL invalid'],
};

/** Rules of squawk that Holdfast says nothing for, and why. */
export const NOT_SAID: Readonly<Record<string, string>> = {
  'ban-char-field': 'Style: a team may want it.',
  'ban-create-domain-with-constraint':
    'A domain that is new holds no value. What is added to one later is `BREAKS OLD BUILD`.',
  'identifier-too-long':
    'PostgreSQL cuts the name in the migration and in every statement alike. Two names that become one are `WILL FAIL`.',
  'prefer-bigint-over-int': 'Style: how many rows there will be, only the team knows.',
  'prefer-bigint-over-smallint': 'Style, as above.',
  'prefer-identity': 'Style: `serial` works.',
  'prefer-robust-stmts':
    'A migration is one transaction, with its entry in the ledger: it is never run again from its middle. Without a transaction, an index whose build was cut short is built anew by `up`; a `DROP INDEX CONCURRENTLY` without `IF EXISTS` is told.',
  'prefer-text-field': 'Style. Making the length smaller is judged where it happens.',
  'prefer-timestamp-tz': 'Style: a team may want it.',
  'require-enum-value-ordering': 'Style: a new label at the end is a place, too.',
  'require-lock-timeout':
    '`migrate up` sets it: a statement that waits gives way after 100 ms and tries again.',
  'require-statement-timeout':
    '`migrate up` turns it off, so that a long migration is not cut in its middle; it tells how far it is.',
};

/** Where squawk is wrong about one of the statements, and why. */
export const FALSE_ALARMS: readonly (readonly [sql: string, rule: string, why: string])[] = [
  [
    'ALTER TABLE orders ADD COLUMN a integer GENERATED ALWAYS AS (b + 1) VIRTUAL',
    'adding-field-with-default',
    'A virtual column is computed when it is read: nothing is written anew.',
  ],
  [
    'ALTER TABLE orders ADD COLUMN a integer REFERENCES owners (id)',
    'adding-foreign-key-constraint',
    'Every row has NULL there: no row is looked at, and the locks last no longer than the rest of the migration.',
  ],
  [
    'CREATE TABLE fresh (id bigint); ALTER TABLE fresh ADD COLUMN a text NOT NULL; ALTER TABLE fresh ADD UNIQUE (id)',
    'adding-required-field',
    'The table is new: it holds no row, and no build writes to it.',
  ],
  [
    'CREATE TABLE fresh (id bigint); DROP TABLE fresh',
    'ban-drop-table',
    'The table is new: it holds no row.',
  ],
  [
    'DROP TABLE not_there',
    'ban-drop-table',
    'No file makes it: there is nothing to drop, and the migration fails.',
  ],
  [
    'CREATE INDEX k ON not_there (a)',
    'require-concurrent-index-creation',
    'No file makes it: the migration fails, CONCURRENTLY or not.',
  ],
  [
    'ALTER TABLE orders RENAME COLUMN a TO c; ALTER TABLE orders RENAME COLUMN c TO a',
    'renaming-column',
    'It has its name back before the commit: no build sees another.',
  ],
];

/** The directive that keeps a migration out of a transaction; squawk has an option instead. */
const ALONE = '-- holdfast: no-transaction';

/** Runs both on every case. */
export async function compareWithSquawk(): Promise<readonly Compared[]> {
  const squawk = squawkOn(SQUAWK_CASES);
  const compared: Compared[] = [];
  for (const [place, sql] of SQUAWK_CASES.entries()) {
    compared.push({ sql, squawk: squawk[place] ?? [], holdfast: await holdfastOn(sql) });
  }
  return compared;
}

async function holdfastOn(sql: string): Promise<readonly string[]> {
  const judged = await fileFindings([migration(sql)], [migration(THERE)]);
  const all = judged.flatMap(({ statements }) => statements.flatMap(({ verdicts }) => verdicts));
  return [...new Set(all.map(({ verdict, rule }) => `${verdict} ${rule}`))];
}

/** What the cases speak of; nothing is known of it but its names. */
const THERE = `CREATE TABLE orders (); CREATE TABLE owners (); CREATE TABLE events (); CREATE TABLE events_1 ();
  CREATE TABLE events_2 (); CREATE VIEW order_codes AS SELECT 1; CREATE MATERIALIZED VIEW order_counts AS SELECT 1`;

function migration(sql: string): Migration {
  return {
    store: 'trial',
    version: '0001',
    name: 'try_it',
    sql,
    checksum: '',
    transactional: !sql.startsWith(ALONE),
    backwardCompatible: false,
  };
}

function squawkOn(cases: readonly string[]): readonly (readonly string[])[] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-squawk-'));
  try {
    const files = cases.map((sql, place) => {
      const file = join(folder, `${place}.sql`);
      writeFileSync(file, `${sql};\n`);
      return { file, inTransaction: !sql.startsWith(ALONE) };
    });
    const found = [true, false].flatMap((inTransaction) =>
      run(
        files.filter((each) => each.inTransaction === inTransaction).map(({ file }) => file),
        inTransaction ? ['--assume-in-transaction'] : [],
      ),
    );
    return files.map(({ file }) => {
      const rules = found.filter((each) => each.file === file).map(({ rule_name }) => rule_name);
      return [...new Set(rules)].sort();
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Complaint {
  readonly file: string;
  readonly rule_name: string;
}

function run(files: readonly string[], options: readonly string[]): readonly Complaint[] {
  const program = createRequire(import.meta.url).resolve('squawk-cli/js/bin/squawk');
  const args = [program, '--reporter', 'json', '--pg-version', '18', ...options, ...files];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (!stdout.startsWith('[')) throw new Error(`squawk: ${stderr || stdout}`);
  return JSON.parse(stdout) as Complaint[];
}

/** docs/LINT.md, before it is formatted. */
export function lintPage(compared: readonly Compared[]): string {
  const lines = (rows: readonly (readonly string[])[]) =>
    rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
  const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
  const code = (sql: string) =>
    `\`${sql.replace(`${ALONE}\n`, '(alone) ').replaceAll('|', '\\|')}\``;
  const told = compared.map(({ sql, squawk, holdfast }) => [
    code(sql),
    list(squawk.filter((rule) => rule in SAID)) || '–',
    list(holdfast) || '–',
  ]);
  return `# What \`migrate lint\` says, and what squawk says

<!-- Printed by \`npm run lint-table\`; do not edit. -->

[squawk](https://squawkhq.com) judges the same files by rules of its own. Both have been run on the ${compared.length} statements below, each as a migration
on tables that exist; \`packages/migrate/test/processes/squawk.test.ts\` runs them again, and fails when what squawk rightly says is not said, or when this page is
not what it finds. How the verdicts come about is in [MIGRATIONS.md](MIGRATIONS.md#what-a-migration-destroys-breaks-and-fails-on).

## Rules of squawk that are said

| squawk | Holdfast: one of |
| --- | --- |
${lines(Object.entries(SAID).map(([rule, ours]) => [`\`${rule}\``, list(ours)]))}
## Rules of squawk that are not

| squawk | why |
| --- | --- |
${lines(Object.entries(NOT_SAID).map(([rule, why]) => [`\`${rule}\``, why]))}
## Where squawk is wrong

| statement | squawk | why |
| --- | --- | --- |
${lines(FALSE_ALARMS.map(([sql, rule, why]) => [code(sql), `\`${rule}\``, why]))}
## Statement by statement

Without the rules that are not said. \`(alone)\` begins with \`-- holdfast: no-transaction\`.

| statement | squawk | Holdfast |
| --- | --- | --- |
${lines(told)}`;
}
