/**
 * Which tests belong to which command: `npm run test:NAME` runs the project of that name, and `npm test` runs
 * `fast` and `node`. A port's contract is run by `fast` in memory, and by `long` on the databases, with what is called
 * `*.long.test.ts` because it waits for much or starts many processes.
 */
const TESTS = {
  fast: [
    'test/unit/**/*.test.ts',
    'test/contract/**/*.repository.test.ts',
    'packages/*/test/**/*.test.ts',
    '!**/{processes,peers,long}/**',
  ],
  node: [
    'test/{contract,e2e}/**/*.test.ts',
    'packages/*/test/processes/**/*.test.ts',
    '!**/*.{repository,long}.test.ts',
  ],
  peers: ['test/peers/**/*.test.ts', 'packages/*/test/peers/**/*.test.ts'],
  long: [
    'test/{long,fuzz}/**/*.test.ts',
    'test/contract/**/*.repository.test.ts',
    'packages/*/test/long/**/*.test.ts',
    '{test,packages}/**/*.long.test.ts',
  ],
  gates: ['test/gates/**/*.test.ts'],
  published: ['test/published/**/*.test.ts'],
  faults: ['test/faults/**/*.test.ts'],
  scan: ['test/scan/**/*.test.ts'],
};

export const base = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/packages'],
  testEnvironmentOptions: { customExportConditions: ['@holdfast/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** Builds the service, and starts PostgreSQL unless one is given. */
const withServers = {
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  globals: { contractBackends: ['SQLITE', 'POSTGRES'] },
};

/** Sees to it that no test starts a process. */
const withoutProcesses = {
  setupFilesAfterEnv: ['<rootDir>/test/support/no-processes.ts'],
  globals: { contractBackends: ['IN_MEMORY'] },
};

/** @type {import('jest').Config} */
export default {
  maxWorkers: 3,
  // Ends what hangs. On a machine that others use, too, what takes two seconds may take thirty.
  testTimeout: 120_000,
  projects: Object.entries(TESTS).map(([displayName, globs]) => ({
    ...base,
    ...(displayName === 'fast' ? withoutProcesses : withServers),
    displayName,
    testMatch: globs.map((glob) => (glob.startsWith('!') ? glob : `<rootDir>/${glob}`)),
  })),
};
