import { describe, expect, it } from '@jest/globals';
import { retryOnConflict } from '../src/retry-on-conflict.js';

const contended = new Error('contended');
const counting = (answers: (attempt: number) => string | undefined) => {
  const state = { attempts: 0 };
  const result = retryOnConflict(
    () => Promise.resolve(answers((state.attempts += 1))),
    () => contended,
  );
  return { state, result };
};

describe('retryOnConflict', () => {
  it('tries until a write is in time', async () => {
    const { state, result } = counting((attempt) => (attempt === 3 ? 'written' : undefined));
    expect(await result).toBe('written');
    expect(state.attempts).toBe(3);
  });

  it('gives up after twenty attempts', async () => {
    const { state, result } = counting(() => undefined);
    await expect(result).rejects.toBe(contended);
    expect(state.attempts).toBe(20);
  });

  it('does not repeat what fails', async () => {
    const refused = new Error('refused');
    const { state, result } = counting(() => {
      throw refused;
    });
    await expect(result).rejects.toBe(refused);
    expect(state.attempts).toBe(1);
  });
});
