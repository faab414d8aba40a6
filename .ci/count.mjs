// Adds up Jest's reports of the suites in a folder and the parts that are no tests, and ends with 1 unless all
// passed: node .ci/count.mjs FOLDER SUITE…

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOST_FLAKY } from './bounds.mjs';
import { compareRuns, failuresOf, passedCount } from './results.mjs';

const [folder = '', ...suites] = process.argv.slice(2);
const parts = readdirSync(folder)
  .filter((file) => file.endsWith('.part'))
  .map((file) => readFileSync(join(folder, file), 'utf8').trim());
let passed = parts.filter((outcome) => outcome === 'passed').length;
let failed = parts.length - passed;
const flaky = [];
for (const suite of suites) {
  const first = report(suite);
  if (first === undefined || passedCount(first) === 0) {
    console.log(`failed: no report of ${suite} in which a test passed`);
    failed += 1;
    continue;
  }
  const compared = compareRuns(first, report(`${suite}-again`));
  if (failuresOf(first).length === 0 && exitCode(suite) !== '0') {
    compared.failed.push(`${suite} ended with ${exitCode(suite)} although every test passed`);
  }
  for (const name of compared.failed) console.log(`failed: ${name}`);
  for (const name of compared.flaky) console.log(`flaky: ${name}`);
  flaky.push(...compared.flaky);
  passed += passedCount(first) + compared.flaky.length;
  failed += compared.failed.length;
}
if (flaky.length > MOST_FLAKY) {
  console.log(`failed: ${flaky.length} are flaky, ${MOST_FLAKY} at most may be`);
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function report(name) {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function exitCode(name) {
  return readFileSync(join(folder, `${name}.code`), 'utf8').trim();
}
