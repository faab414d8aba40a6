import { describe, expect, it } from '@jest/globals';
import { withResource } from '../src/with-resource.js';

describe('withResource', () => {
  const opened = () => ({ released: 0 });
  const release = (resource: { released: number }) => {
    resource.released += 1;
  };

  it('releases after the work has ended', async () => {
    const resource = opened();
    const before = await withResource(Promise.resolve(resource), release, async (given) => {
      await Promise.resolve();
      return given.released;
    });
    expect([before, resource.released]).toEqual([0, 1]);
  });

  it('releases after work that fails, with its error', async () => {
    const resource = opened();
    const failed = new Error('failed');
    const work = () => Promise.reject(failed);
    await expect(withResource(Promise.resolve(resource), release, work)).rejects.toBe(failed);
    expect(resource.released).toBe(1);
  });

  it('does no work with what cannot be opened', async () => {
    const refused = new Error('refused');
    const work = () => Promise.resolve('worked');
    await expect(withResource(Promise.reject(refused), release, work)).rejects.toBe(refused);
  });
});
