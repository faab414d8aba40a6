// Run by `node --test`, as a process of its own: see describe-backends.test.ts.
import assert from 'node:assert/strict';
import * as nodeTest from 'node:test';
import { describeBackends } from '@holdfast/testing/describe-backends';
import { ForgetfulNotes, MemoryNotes, type Notes, service, SqlNotes } from './notes.js';

const { it } = nodeTest;
const Memory = process.argv.includes('forgetful') ? ForgetfulNotes : MemoryNotes;

describeBackends<Notes, 'durable'>(
  'Notes',
  {
    service,
    tables: ['notes'],
    backends: {
      IN_MEMORY: { open: () => new Memory() },
      SQLITE: { open: ({ dataSource }) => new SqlNotes(dataSource), capabilities: ['durable'] },
      POSTGRES: { open: ({ dataSource }) => new SqlNotes(dataSource), capabilities: ['durable'] },
    },
  },
  ({ backend, current, needs }) => {
    for (const id of ['a', 'b']) {
      void it(`begins empty before ${id}`, async () => {
        assert.equal(await current().count(), 0);
        await current().add(id, 'text');
        assert.equal(await current().count(), 1);
      });
    }
    void it('refuses an id that is there', async () => {
      await current().add('a', 'text');
      await assert.rejects(current().add('a', 'other'));
    });
    needs('durable', () => {
      void it('is met only by what keeps its rows', () => {
        assert.notEqual(backend, 'IN_MEMORY');
      });
    });
  },
  nodeTest,
);
