// Adds up what Jest's runs say: a file that was run again counts as it was then.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const runs = ['all', 'again', 'faults']
  .map((name) => join(folder, `${name}.json`))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));
const files = new Map(runs.flatMap((run) => run.testResults.map((file) => [file.name, file])));
let passed = 0;
let failed = 0;
for (const { status, assertionResults } of files.values()) {
  const well = assertionResults.filter((test) => test.status === 'passed').length;
  passed += well;
  // Also a file that failed as a whole, and a test that was skipped.
  failed += Math.max(assertionResults.length - well, status === 'passed' ? 0 : 1);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || runs.some((run) => run.numPassedTests === 0) ? 1 : 0;
