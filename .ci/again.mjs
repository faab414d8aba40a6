// Prints Jest's arguments, one a line, for what failed in a report; nothing where nothing failed, or where
// more failed than may pass in a second run only.

import { readFileSync } from 'node:fs';
import { MOST_FLAKY } from './bounds.mjs';
import { failuresOf } from './results.mjs';

const failures = failuresOf(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
if (failures.length > 0 && failures.length <= MOST_FLAKY) {
  const titles = failures.map(({ title }) => title);
  const pattern = titles.includes(undefined)
    ? []
    : ['-t', titles.map((title) => `^${escaped(title)}$`).join('|')];
  console.log([...new Set(failures.map(({ file }) => file)), ...pattern].join('\n'));
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
