import base from './jest.config.js';

/** The fault suite: minutes long, alone on the machine, with figures at the end. */
export default {
  ...base,
  testPathIgnorePatterns: [],
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  maxWorkers: 1,
};
