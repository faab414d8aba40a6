import { existsSync, readdirSync, readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { loadModule, parseSync } from 'libpg-query';
import { RUNBOOK, templateFiles } from './template-files.mjs';

/** PostgreSQL cuts the name of an index, NAME_by_created, after 63 characters. */
const LONGEST = 63 - '_by_created'.length;

/** Why a store cannot have these names; undefined where it can. @param root of the project */
export async function nameFault(root, names) {
  return takenFile(root, names) ?? takenName(root, names) ?? (await wordFault(names));
}

function takenFile(root, names) {
  const { kebab, snake } = names.store;
  const folders = [`src/stores/${kebab}`, `migrations/${snake}`];
  const files = templateFiles(names)
    .map(({ path }) => path)
    .filter((path) => path !== RUNBOOK);
  const taken = [...folders, ...files].find((path) => existsSync(`${root}${path}`));
  return taken && `${taken} is there already`;
}

/** Tables, reason codes and variables have each name once, whichever store they are of. */
function takenName(root, names) {
  const { store } = names;
  if (store.snake.startsWith('holdfast_')) return `tables holdfast_… are those of the migrations`;
  if (tablesOf(root).includes(store.snake)) return `there is a table ${store.snake} already`;
  const read = (file) => readFileSync(`${root}${file}`, 'utf8');
  const headings = (text) => [...text.matchAll(/^## ([A-Z][A-Z0-9_]+)$/gm)].map(([, code]) => code);
  const { text } = templateFiles(names).find(({ path }) => path === RUNBOOK);
  const there = headings(read(RUNBOOK));
  const code = headings(text).find((each) => there.includes(each));
  if (code) return `there is a reason code ${code} already`;
  const variable = new RegExp(`\\b${store.upper}_(STORE_BACKEND|POSTGRES_DSN|MOST_CHARACTERS)\\b`);
  const [found] = variable.exec(read('.env.example')) ?? [];
  return found && `there is a variable ${found} already`;
}

function tablesOf(root) {
  const folder = `${root}migrations`;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => [
      ...readFileSync(`${folder}/${file}`, 'utf8').matchAll(
        /\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)/gi,
      ),
    ])
    .map(([, table]) => table);
}

/** The databases themselves say what is a name of a table: statements do not quote it. */
async function wordFault({ store: { snake } }) {
  if (snake.length > LONGEST) return `${snake} is longer than ${LONGEST} characters`;
  const statement = `CREATE TABLE ${snake} (id text)`;
  await loadModule();
  const databases = [
    ['PostgreSQL', () => parseSync(statement)],
    ['SQLite', () => new Sqlite(':memory:').exec(statement)],
  ];
  const refusing = databases.filter(([, create]) => {
    try {
      create();
      return false;
    } catch {
      return true;
    }
  });
  return refusing.length === 0
    ? undefined
    : `${snake} is a word of SQL in ${refusing.map(([name]) => name).join(' and ')}, and no table can have it for its name`;
}
