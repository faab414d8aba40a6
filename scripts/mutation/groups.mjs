import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const STORES = 'src/stores';

/**
 * Not mutated: Nest's modules, the registrations and entities, the descriptions of OpenAPI, and the controllers,
 * which only the built process runs.
 */
const LEFT_OUT =
  /\.(module|store|entity|entities|needs|examples|openapi|requests|responses|controller)\.ts$/;

/** A store of several parts, each by its folders and files. */
const DPM = {
  runs: part(
    ['dpm/runs', 'dpm/decisions'],
    ['contract/dpm/run.repository', 'contract/dpm/purged-*', 'unit/dpm/{artifact,decision,runs.*}'],
  ),
  operations: part(['dpm/operations'], ['contract/dpm/operations/*', 'unit/dpm/operation*']),
  lineage: part(
    ['dpm/lineage'],
    ['contract/dpm/lineage/lineage.repository', 'contract/dpm/purged-*', 'unit/dpm/lineage.*'],
  ),
  support: part(
    ['dpm/support', 'dpm/purge', 'dpm/dpm.retention.ts'],
    ['contract/dpm/retention/*', 'unit/dpm/{purge.job,retention,summary,support-bundle}'],
  ),
};

/** What is mutated, in parts, and the tests that judge each part: patterns below `test/`. Any other store is one part. */
export const GROUPS = {
  ...Object.fromEntries(
    foldersIn(STORES)
      .filter((store) => store !== 'dpm')
      .map((store) => [store, part([store], [`contract/${store}/*`, `unit/${store}/*`])]),
  ),
  ...DPM,
  shared: {
    files: [
      ...['instant', 'json', 'page'].map((name) => `packages/core/src/${name}.ts`),
      'src/stores/retention.ts',
    ],
    tests: ['contract/dpm/operations/*', 'contract/dpm/retention/*', 'unit/{dpm,policy-packs}/*'],
  },
};

/**
 * Names of the tests that can judge a file, as a regular expression: those of the databases, or
 * those that need none. The random sequences of calls are left out: they take as long as all other
 * tests together.
 */
export function namesFor(file) {
  const withDatabase = /\.(sql|postgres|columns)\.ts$|sql-lease|instant/.test(file);
  const other = withDatabase ? 'IN_MEMORY' : 'SQLITE|POSTGRES';
  return `^(?!.*(${other}|any sequence of calls))`;
}

function part(paths, tests) {
  const files = paths.flatMap((path) =>
    path.endsWith('.ts')
      ? [join(STORES, path)]
      : readdirSync(join(STORES, path))
          .filter((name) => name.endsWith('.ts') && !LEFT_OUT.test(name))
          .map((name) => join(STORES, path, name)),
  );
  return { files, tests };
}

function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
