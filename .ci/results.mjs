// What Jest's reports say, in names: of a test, or of its file where all of the file failed, which has
// one cause.

import { relative } from 'node:path';

/**
 * @typedef {{ status: string, title: string, fullName: string }} Assertion
 * @typedef {{ name: string, status: string, assertionResults: Assertion[] }} File
 * @typedef {{ testResults: File[] }} Report
 * @typedef {{ name: string, file: string, title?: string }} Failure
 */

/**
 * A test that was skipped has failed, too, and so has a file that failed beside its tests.
 * @param {Report} report
 * @returns {Failure[]}
 */
export function failuresOf({ testResults }) {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status !== 'passed');
    const isWhole = failed.length === assertionResults.length || failed.length === 0;
    if (status === 'passed' && failed.length === 0) return [];
    if (isWhole) return [{ name: file, file }];
    return failed.map(({ fullName }) => ({ name: `${file} › ${fullName}`, file, title: fullName }));
  });
}

/**
 * What failed in the first run and passed in the second, and what failed for good; also what failed in
 * the second alone.
 * @param {Report} first
 * @param {Report | undefined} second of what failed in the first, if that was run again
 * @returns {{ flaky: string[], failed: string[] }}
 */
export function compareRuns(first, second) {
  const failures = failuresOf(first).map(({ name }) => name);
  const told = new Set(failures);
  const isMended = (name) => second !== undefined && passedIn(second, name);
  const fresh = (second ? failedTests(second) : []).filter(
    ({ name, file }) => !told.has(name) && !told.has(file),
  );
  return {
    flaky: failures.filter(isMended),
    failed: [...failures.filter((name) => !isMended(name)), ...fresh.map(({ name }) => name)],
  };
}

/** Those that were not asked for are skipped in a second run. */
function failedTests({ testResults }) {
  return testResults.flatMap(({ name: path, assertionResults }) => {
    const file = relative(process.cwd(), path);
    return assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => ({ file, name: `${file} › ${fullName}` }));
  });
}

/** @param {Report} report */
export function passedCount({ testResults }) {
  return testResults.flatMap(({ assertionResults }) => assertionResults).filter(isPassed).length;
}

/**
 * Of a whole file, no test may be skipped.
 * @param {Report} report
 * @param {string} name as in `failuresOf`
 */
function passedIn({ testResults }, name) {
  return testResults.some(({ name: path, status, assertionResults }) => {
    const file = relative(process.cwd(), path);
    // Of a file of which not all was asked for it is `focused`.
    if (status === 'failed') return false;
    if (file === name) return assertionResults.length > 0 && assertionResults.every(isPassed);
    return assertionResults.some((test) => isPassed(test) && `${file} › ${test.fullName}` === name);
  });
}

/** @param {Assertion} test */
function isPassed({ status }) {
  return status === 'passed';
}
