import { createRequire, syncBuiltinESMExports } from 'node:module';
import { afterAll } from '@jest/globals';

/** For `npm run test:fast`: what starts a process belongs into another folder. */
const children = createRequire(import.meta.url)('node:child_process') as Record<string, unknown>;
const originals = { ...children };
for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']) {
  children[name] = () => {
    throw new Error(`a test of test:fast starts a process by ${name}: see jest.config.js`);
  };
}
syncBuiltinESMExports();

// The next file that runs in this worker may be one that starts processes.
afterAll(() => {
  Object.assign(children, originals);
  syncBuiltinESMExports();
});
