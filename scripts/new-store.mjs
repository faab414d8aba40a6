/**
 * Writes a small store that is whole: its folder, migrations, tests and runbook, and its line in the registry.
 *
 *   npm run new:store -- NAME [RECORD]
 */
import { fileURLToPath } from 'node:url';
import { nameFault } from './new-store/judge-names.mjs';
import { spellings } from './new-store/names.mjs';
import { registerStore, writeStore } from './new-store/write-store.mjs';

const USAGE = `usage: npm run new:store -- NAME [RECORD]
NAME is the store's and its table's, in lower case with underscores: audit_notes
RECORD is one of what it holds, audit_note; NAME without its last s unless given
`;

const root = fileURLToPath(new URL('../', import.meta.url));
const [name = '', record = name.replace(/s$/, ''), ...more] = process.argv.slice(2);
const isName = (text) => /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/.test(text);
if (!isName(name) || !isName(record) || more.length > 0) refuse(USAGE);

const store = { store: spellings(name), record: spellings(record) };
if (name === record) refuse(USAGE);
const fault = await nameFault(root, store);
if (fault) refuse(`${fault}: choose another name\n`);

for (const file of await writeStore(root, store)) process.stdout.write(`${file}\n`);
for (const file of registerStore(root, store)) process.stdout.write(`${file}, changed\n`);
process.stdout.write(`
Next:
  npm run env:example && npm run reference
  npm run typecheck && npm run lint
  npm run test:long -- test/contract/${store.store.kebab}
  npm run statements
  npm test -- test/contract test/unit test/e2e/${store.store.kebab}.test.ts
Then make it yours, and take back what it does not need: CONTRIBUTING.md, "Add a store".
`);

function refuse(text) {
  process.stderr.write(text);
  process.exit(64);
}
