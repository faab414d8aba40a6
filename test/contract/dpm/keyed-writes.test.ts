import { describe, expect, it } from '@jest/globals';
import type { DecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.js';
import { MemoryDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.memory.js';
import { SqlDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.sql.js';
import { DpmKeptAnswers } from '../../../src/stores/dpm/dpm.kept-answers.js';
import type { LineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.js';
import { MemoryLineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.memory.js';
import { SqlLineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import type { OperationRepository } from '../../../src/stores/dpm/operations/operation.repository.js';
import { MemoryOperationRepository } from '../../../src/stores/dpm/operations/operation.repository.memory.js';
import { SqlOperationRepository } from '../../../src/stores/dpm/operations/operation.repository.sql.js';
import { RunMemory } from '../../../src/stores/dpm/runs/run.memory.js';
import type { RunRepository } from '../../../src/stores/dpm/runs/run.repository.js';
import { MemoryRunRepository } from '../../../src/stores/dpm/runs/run.repository.memory.js';
import { SqlRunRepository } from '../../../src/stores/dpm/runs/run.repository.sql.js';
import {
  type KeptAnswer,
  type KeptAnswers,
  KeyTakenError,
} from '../../../src/stores/kept-answers.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { answerTo } from '../../support/kept-answer.js';
import { contract } from '../contract.js';
import { edge } from './lineage/edge.drafts.js';
import { pending, started } from './operations/operation.drafts.js';
import { aDecision, aRun } from './run.records.js';

interface Ports {
  readonly answers: KeptAnswers;
  readonly runs: RunRepository;
  readonly decisions: DecisionRepository;
  readonly operations: OperationRepository;
  readonly lineage: LineageRepository;
}

/** A write that can be made once. */
interface Made {
  /** @returns whether it was written */
  readonly write: (answer: KeptAnswer) => Promise<boolean>;
  readonly isThere: () => Promise<boolean>;
}

const WRITES: Readonly<Record<string, (ports: Ports) => Promise<Made>>> = {
  'a decision': async ({ runs, decisions }) => {
    const run = aRun({ status: 'PENDING_REVIEW' });
    await runs.record(run, null);
    return {
      write: (answer) => decisions.append(aDecision(run, 1), answer),
      isThere: async () => (await decisions.ofRun(run.rebalanceRunId))?.decisions.length === 1,
    };
  },
  'a new operation': ({ operations }) => {
    const operation = pending();
    return Promise.resolve({
      write: (answer) => operations.create(operation, answer),
      isThere: async () => (await operations.find(operation.operationId)) !== null,
    });
  },
  'an operation that moves': async ({ operations }) => {
    const operation = pending();
    await operations.create(operation);
    return {
      write: (answer) => operations.move(started(operation), 'PENDING', answer),
      isThere: async () => (await operations.find(operation.operationId))?.status === 'RUNNING',
    };
  },
  'an edge': ({ lineage }) => {
    const made = edge(`source-${Math.random()}`, 'target');
    return Promise.resolve({
      write: async (answer) => (await lineage.append(made, answer)) === null,
      isThere: async () => (await lineage.edgesOf(made.source, 'outgoing', 9)).length === 1,
    });
  },
};

contract<Ports>(
  'the dpm store, what is written under a key',
  {
    tables: [
      'dpm_request_keys',
      'dpm_workflow_decisions',
      'dpm_runs',
      'dpm_async_operations',
      'dpm_lineage_edges',
    ],
    inMemory: () => {
      const memory = new RunMemory();
      const answers = new MemoryKeptAnswers();
      return {
        answers,
        runs: new MemoryRunRepository(memory),
        decisions: new MemoryDecisionRepository(memory, answers),
        operations: new MemoryOperationRepository(answers),
        lineage: new MemoryLineageRepository(answers),
      };
    },
    inSql: (database) => ({
      answers: new DpmKeptAnswers(database),
      runs: new SqlRunRepository(database),
      decisions: new SqlDecisionRepository(database),
      operations: new SqlOperationRepository(database),
      lineage: new SqlLineageRepository(database),
    }),
  },
  (current) => {
    describe.each(Object.entries(WRITES))('%s', (_, make) => {
      it('keeps its answer with it', async () => {
        const { write, isThere } = await make(current());
        const answer = answerTo('key', { answer: '{"first":true}' });
        expect(await write(answer)).toBe(true);
        expect(await isThere()).toBe(true);
        expect(await current().answers.find('key')).toEqual(answer);
      });

      it('is not written when the key is taken', async () => {
        const { write, isThere } = await make(current());
        const first = answerTo('key', { answer: '{"first":true}' });
        await current().answers.keep(first);
        await expect(write(answerTo('key'))).rejects.toBeInstanceOf(KeyTakenError);
        expect(await isThere()).toBe(false);
        expect(await current().answers.find('key')).toEqual(first);
        expect(await write(answerTo('other'))).toBe(true);
      });

      it('leaves the key free when it comes too late', async () => {
        const { write } = await make(current());
        expect(await write(answerTo('first'))).toBe(true);
        expect(await write(answerTo('key'))).toBe(false);
        expect(await current().answers.find('key')).toBeNull();
      });
    });

    it('takes a key once, whatever is written under it at once', async () => {
      const all = await Promise.all(
        Array.from({ length: 3 }, () =>
          Object.values(WRITES).map((make) => make(current())),
        ).flat(),
      );
      const outcomes = await Promise.allSettled(all.map(({ write }) => write(answerTo('key'))));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const there = await Promise.all(all.map(({ isThere }) => isThere()));
      expect(there.filter(Boolean)).toHaveLength(1);
    });
  },
);
