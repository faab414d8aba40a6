import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Service, startService, workingFolder } from '../support/service.js';

const curl = promisify(execFile);

let service: Service;
const folder = workingFolder();
const large = join(folder, 'large.json');

beforeAll(async () => {
  writeFileSync(large, Buffer.alloc(12 * 1024 * 1024, 0x20));
  service = await startService({ DPM_POLICY_PACKS_ENABLED: 'false' }, folder);
});
afterAll(() => service.stop());

describe('an answer that is given before the body has come', () => {
  it.each([
    ['a body that is too large', '/rebalance/proposals', [], '413'],
    ['one in chunks', '/rebalance/proposals', ['-H', 'Transfer-Encoding: chunked'], '413'],
    ['one that waits for 100', '/rebalance/proposals', ['-H', 'Expect: 100-continue'], '413'],
    ['one that does not wait', '/rebalance/proposals', ['-H', 'Expect:'], '413'],
    ['no such route', '/none', ['-H', 'Expect:'], '404'],
    ['no such method', '/rebalance/lineage/x', ['-H', 'Expect:'], '405'],
    [
      'not called JSON',
      '/rebalance/proposals',
      ['-H', 'Expect:', '-H', 'Content-Type: text/plain'],
      '415',
    ],
  ])(
    'reaches curl each time: %s',
    async (_, path, options, status) => {
      for (let tried = 0; tried < 12; tried += 1) {
        const { stdout } = await curl('curl', [
        '-sS', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', '-m', '30',
        '-H', options.includes('Content-Type: text/plain') ? 'X: y' : 'Content-Type: application/json', '-H', 'Idempotency-Key: k', ...options,
        '--data-binary', `@${large}`, service.url + path,
      ]); // prettier-ignore
        expect(stdout).toBe(status);
      }
    },
    60_000,
  );
});
