import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMigrations } from '@holdfast/migrate/migration';
import { storeConstraints } from '@holdfast/migrate/postgres/schema/store-constraints';
import { storeSchema } from '@holdfast/migrate/postgres/schema/store-schema';
import { registeredStores } from '../../src/stores/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Of each store the file that holds the tables that its migrations make, and what the stores do with them.
 * @param folder of the stores, which the names of the files begin with
 */
export async function neededTables(folder) {
  const files = sources(join(root, 'src', 'stores'));
  const statements = [...files, ...files.flatMap(inherited)].join('\n');
  const pages = {};
  for (const { name } of registeredStores) {
    const migrations = readMigrations(join(root, 'migrations'), name, 'postgres');
    const schema = await storeSchema(migrations);
    const constraints = await storeConstraints(migrations);
    const tables = Object.fromEntries(
      [...schema].map(([table, columns]) => [
        table,
        {
          rights: rightsOn(table, statements),
          ...updatesOn(table, statements),
          columns: Object.fromEntries(columns),
          ...constraints.get(table),
        },
      ]),
    );
    const file = name.replaceAll('_', '-');
    pages[`${folder}/${file}/${file}.needs.ts`] =
      `// Written by \`npm run reference\` from the migrations and the statements of the stores.
import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';

/** What this build's statements need of the store's tables on PostgreSQL. */
export const ${camelCase(name)}Needs: DatabaseNeeds = ${JSON.stringify(tables)};
`;
  }
  return pages;
}

function camelCase(name) {
  return name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** Rows are locked before they are deleted, which takes the right to UPDATE. */
function rightsOn(table, statements) {
  const says = (words) => new RegExp(`\\b${words}\\s+${table}\\b`).test(statements);
  const upserts = new RegExp(`INSERT INTO ${table}\\b(?:(?!INSERT INTO)[^;\`])*DO UPDATE`);
  const deletes = says('DELETE FROM');
  const updates = deletes || says('UPDATE') || upserts.test(statements);
  return [
    'SELECT',
    ...(says('INSERT INTO') ? ['INSERT'] : []),
    ...(updates ? ['UPDATE'] : []),
    ...(deletes ? ['DELETE'] : []),
  ];
}

/** The columns that updates set: a right to those may be held where the table's is not. */
function updatesOn(table, statements) {
  const set = new RegExp(
    `(?:\\bUPDATE ${table}\\b|\\bINSERT INTO ${table}\\b(?:(?!INSERT INTO)[^;\`])*?DO UPDATE)\\s+SET\\s((?:(?!\\bWHERE\\b|\\bRETURNING\\b)[^\`])*)`,
    'g',
  );
  const columns = [...statements.matchAll(set)].flatMap(([, list]) =>
    [...list.matchAll(/(?:^|,)\s*(\w+)\s*=/g)].map(([, column]) => column),
  );
  return columns.length > 0 ? { updates: [...new Set(columns)].toSorted() } : {};
}

/** What a class that is given its table says of it by the statements of another: its parent's, or the leases'. */
function inherited(source, _, all) {
  const [, parent] = /\bextends (Sql\w+)/.exec(source) ?? [];
  const [, table] = /\bsuper\(database, '(\w+)'\)/.exec(source) ?? [];
  const [, leases] = /\bleaseEntity\('(\w+_leases)'\)/.exec(source) ?? [];
  if (leases) return statementsOn(leases, 'SqlLease', all);
  return parent && table ? statementsOn(table, parent, all) : [];
}

function statementsOn(table, name, all) {
  return all
    .filter((each) => each.includes(`class ${name} `))
    .map((each) => each.replaceAll(/\$\{this\.#?table\}/g, table));
}

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}
