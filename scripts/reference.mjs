// Writes docs/reference/, what each store needs of its tables and the graph in CONTRIBUTING.md from the code. With --check it writes nothing and fails when a file is stale.
// Run by `npm run reference`, which lets it import the sources themselves.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { PackDocument } from '../src/proof/pack.schema.ts';
import { packageGraph } from './graph/package-graph.mjs';
import { withApplication } from './reference/application.mjs';
import { commandPage } from './reference/commands.mjs';
import { connectionStringPage } from './reference/connection-strings.mjs';
import { deprecations } from './reference/deprecations.mjs';
import { httpPage } from './reference/http.mjs';
import { neededTables } from './reference/needed-tables.mjs';
import { reasonPage } from './reference/reason-codes.mjs';
import { variablePage } from './reference/variables.mjs';

const folder = fileURLToPath(new URL('../docs/reference', import.meta.url));
const pages = {
  'variables.md': variablePage(),
  'reason-codes.md': reasonPage(),
  'commands.md': commandPage(),
  ...(await withApplication((app) => ({
    'http.md': httpPage(app),
    'deprecations.json': deprecations(app),
  }))),
  'connection-strings.md': connectionStringPage(),
  ...(await neededTables('../../src/stores')),
  'proof.schema.json': JSON.stringify(z.toJSONSchema(PackDocument)),
  '../../CONTRIBUTING.md': withGraph(
    contentOf(join(folder, '../../CONTRIBUTING.md')),
    await packageGraph(),
  ),
};

const isCheck = process.argv.includes('--check');
const stale = [];
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  const file = join(folder, name);
  const wanted = await format(text, { ...(await resolveConfig(file)), filepath: file });
  if (isCheck && contentOf(file) !== wanted) stale.push(name);
  if (!isCheck) writeFileSync(file, wanted);
}
if (stale.length > 0) {
  process.stderr.write(`Stale in docs/reference: ${stale.join(', ')}. Run npm run reference.\n`);
  process.exitCode = 1;
}

function withGraph(text, { text: graph }) {
  const block = /(<!-- graph -->\n\n```\n)[^]*?(```\n\n<!-- \/graph -->)/;
  return text.replace(block, (_, opening, closing) => `${opening}${graph}${closing}`);
}

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
