import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { jsonLines } from '../support/program.js';
import { run, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

/** As another program does it while the service runs. */
function change(path: string, sql: string): void {
  const connection = new Sqlite(path, { timeout: 5000 });
  try {
    connection.exec(sql);
  } finally {
    connection.close();
  }
}

const CHANGES: readonly (readonly [name: string, apply: string, undo: string, says: string])[] = [
  [
    'a column that is renamed',
    'ALTER TABLE proposal_records RENAME COLUMN revision TO version',
    'ALTER TABLE proposal_records RENAME COLUMN version TO revision',
    'there is no column proposal_records.revision',
  ],
  [
    'a column that is dropped',
    'ALTER TABLE proposal_records DROP COLUMN advisor_notes',
    'ALTER TABLE proposal_records ADD COLUMN advisor_notes TEXT',
    'there is no column proposal_records.advisor_notes',
  ],
  [
    'a table that is renamed',
    'ALTER TABLE proposal_records RENAME TO proposals',
    'ALTER TABLE proposals RENAME TO proposal_records',
    'there is no table proposal_records',
  ],
  [
    'a table that is dropped',
    'DROP TABLE proposal_request_keys',
    `CREATE TABLE proposal_request_keys (
       idempotency_key TEXT NOT NULL PRIMARY KEY, request_hash TEXT NOT NULL,
       answer TEXT NOT NULL, created_at TEXT NOT NULL)`,
    'there is no table proposal_request_keys',
  ],
  [
    'a trigger that drops rows',
    'CREATE TRIGGER drops BEFORE INSERT ON proposal_versions BEGIN SELECT RAISE(IGNORE); END',
    'DROP TRIGGER drops',
    'proposal_versions has the trigger drops, which this build does not know',
  ],
  [
    'a trigger that takes rows away again',
    `CREATE TRIGGER undoes AFTER INSERT ON proposal_versions BEGIN
       DELETE FROM proposal_versions WHERE proposal_id = NEW.proposal_id; END`,
    'DROP TRIGGER undoes',
    'proposal_versions has the trigger undoes, which this build does not know',
  ],
];

it.each(CHANGES)(
  '%s of an SQLite file is told by readiness and by the next start, and heals',
  async (_, apply, undo, says) => {
    const path = join(temporaryFolder(), 'holdfast.sqlite');
    const environment = { SQLITE_PATH: path };
    const service = await startService(environment);
    later(() => service.stop('SIGKILL'));
    const ready = async () => {
      const answer = await fetch(`${service.url}/health/ready`);
      const { checks } = (await answer.json()) as {
        checks: { migrations: { code?: string; detail: string } };
      };
      return { status: answer.status, ...checks.migrations };
    };
    const create = async () => {
      const answer = await fetch(`${service.url}/rebalance/proposals`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    expect(await ready()).toMatchObject({ status: 200 });
    expect(await create()).toMatchObject({ status: 201 });

    change(path, apply);
    await eventually(async () => {
      expect(await ready()).toMatchObject({ status: 503, code: 'SCHEMA_INCOMPATIBLE' });
    });
    expect(service.output()).toContain(says);
    if (apply.includes('proposal_records')) {
      const { status, text } = await create();
      expect(status).toBe(503);
      expect(text).toContain('SCHEMA_INCOMPATIBLE');
      expect(text).not.toContain('proposal_records');
    }
    const second = await run('main.js', [], { ...environment, PORT: '0' });
    expect(second.code).toBe(69);
    const [last] = jsonLines(second.stdout + second.stderr).filter(
      ({ event }) => event === 'startup.failed',
    );
    expect(last).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' });
    expect(JSON.stringify(last)).toContain(says);

    change(path, undo);
    await eventually(async () => {
      expect(await ready()).toMatchObject({ status: 200 });
    });
    expect(await create()).toMatchObject({ status: 201 });
  },
);
