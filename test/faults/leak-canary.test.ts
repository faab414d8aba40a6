import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callCommands, type Canary, FAULTS, setCanary } from '../support/canary/canary.js';
import { SECRETS } from '../support/canary/seeds.js';

let canary: Canary;
beforeAll(async () => {
  canary = await setCanary();
}, 60_000);
afterAll(() => canary.remove());

describe('no secret', () => {
  it('leaves a command, whatever becomes of it', async () => {
    await callCommands(canary, FAULTS);
    const { outputs } = canary;
    console.log(`searched ${outputs.count} outputs for ${SECRETS.length} secrets`);
    expect(outputs.leaks()).toEqual([]);
    expect(outputs.count).toBeGreaterThan(150);
  }, 300_000);
});
