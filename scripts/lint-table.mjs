// Writes docs/LINT.md: what `migrate lint` and squawk say of the same statements.
// Run by `npm run lint-table`, which lets it import the sources themselves.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { compareWithSquawk, lintPage } from '../packages/migrate/test/postgres/squawk.ts';

const file = fileURLToPath(new URL('../docs/LINT.md', import.meta.url));
const page = lintPage(await compareWithSquawk());
writeFileSync(file, await format(page, { ...(await resolveConfig(file)), filepath: file }));
