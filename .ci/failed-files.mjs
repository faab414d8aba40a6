// The test files that failed in a run of Jest, on one line; nothing when they are more than machines
// that are busy explain, or when the run failed by itself.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const MOST = 4;

const { testResults } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const failed = testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
if (failed.length <= MOST)
  console.log(failed.map((name) => relative(process.cwd(), name)).join(' '));
