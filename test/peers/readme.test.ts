import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Service, startService } from '../support/service.js';

/** The shell commands below a heading of the README. */
function commandsBelow(heading: string): string {
  const [, section = ''] = readFileSync('README.md', 'utf8').split(`## ${heading}\n`);
  const [own = ''] = section.split('\n## ', 1);
  return [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands]) => commands).join('\n');
}

describe('the README', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({});
  });
  afterAll(() => service.stop());

  it('has a walk-through that works when pasted', async () => {
    const commands = commandsBelow('Walk through it').replace('http://127.0.0.1:8000', service.url);
    const { stdout } = await promisify(execFile)('bash', ['-euc', commands]);

    const answers = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers).toMatchObject([
      { portfolio_id: 'pf-1001', current_state: 'DRAFT' },
      { current_state: 'RISK_REVIEW' },
      { current_state: 'COMPLIANCE_REVIEW', approval: { approved: true } },
      { items: [{ sequence_no: 1 }, { sequence_no: 2 }, { sequence_no: 3 }] },
      { items: [{ portfolio_id: 'pf-1001', current_state: 'COMPLIANCE_REVIEW' }] },
      { portfolio_id: 'pf-1001', status: 'PENDING_REVIEW' },
      { decision: { action: 'APPROVE' }, workflow_status: 'APPROVED' },
      { edge_type: 'LED_TO', target: 'trade-7' },
      {
        run: { result: { trades: 2 } },
        workflow: { workflow_status: 'APPROVED' },
        lineage: { items: [{ target: 'trade-7' }] },
      },
      { status: 'ok' },
      { status: 422, code: 'VALIDATION_FAILED' },
    ]);
  });
});
