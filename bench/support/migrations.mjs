import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './bench.mjs';

/**
 * A copy of the built program with many small migrations of one store, and the same SQL as one
 * script.
 * @param {string} folder
 * @param {number} count of the migrations
 */
export async function manyMigrations(folder, count) {
  const installation = join(folder, 'installation');
  for (const part of ['dist', 'migrations', 'package.json'])
    await cp(join(root, part), join(installation, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(installation, 'node_modules'));
  const stores = await readdir(join(installation, 'migrations'));
  for (const store of stores.filter((name) => name !== 'advisory'))
    await rm(join(installation, 'migrations', store, 'postgres'), { recursive: true });
  const place = join(installation, 'migrations/advisory/postgres');
  await rm(place, { recursive: true });
  await mkdir(place);
  const texts = Array.from({ length: count }, (_, index) => smallMigration(index));
  for (const [index, { name, sql }] of texts.entries())
    await writeFile(join(place, `${String(index + 1).padStart(4, '0')}_${name}.sql`), sql);
  const script = join(folder, 'all.sql');
  await writeFile(script, texts.map(({ sql }) => sql).join(''));
  return { installation, script };
}

/** @param {number} index from 0: a table is made, gets a column, and then rows */
function smallMigration(index) {
  const table = `bench_${Math.floor(index / 5)}`;
  switch (index % 5) {
    case 0:
      return { name: 'create_table', sql: `CREATE TABLE ${table} (id integer PRIMARY KEY);\n` };
    case 1:
      return { name: 'add_column', sql: `ALTER TABLE ${table} ADD COLUMN title text;\n` };
    default: {
      const sql = `INSERT INTO ${table} (id, title) VALUES (${index}, 'row ${index}');\n`;
      return { name: 'insert_row', sql };
    }
  }
}

/**
 * The SQL of Holdfast's own migrations, without those of stores that are off by default.
 * @param {string} installation
 */
export async function sqlOf(installation) {
  const texts = [];
  for (const store of ['dpm', 'advisory']) {
    const place = join(installation, 'migrations', store, 'postgres');
    for (const file of (await readdir(place)).sort())
      texts.push(await readFile(join(place, file), 'utf8'));
  }
  return texts.join('\n');
}
