import { expect, it } from '@jest/globals';
import { startService } from '../support/service.js';

it.each([
  ['fits', {}, false],
  ['does not fit V8’s flags', { NODE_OPTIONS: '--max-old-space-size=300' }, true],
])('a code cache that %s', async (_, given: Record<string, string>, rejected) => {
  const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...given });
  const { stdout } = await service.stop();
  expect(stdout.includes('"event":"code_cache.rejected"')).toBe(rejected);
});
