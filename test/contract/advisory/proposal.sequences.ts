import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { APPROVAL_TYPES, PROPOSAL_STATES } from '../../../src/stores/advisory/proposal.workflow.js';
import {
  positionOf,
  type Proposal,
  type ProposalChange,
} from '../../../src/stores/advisory/proposal.js';
import type {
  ProposalFilter,
  ProposalRepository,
} from '../../../src/stores/advisory/proposal.repository.js';
import { ReasonError } from '@holdfast/core/reasons';
import { anyDocument } from '../any-document.js';
import { approval, creation, keyOf, move, versionOn } from './proposal.changes.js';
import { ProposalModel } from './proposal.model.js';

const PORTFOLIOS = ['portfolio-1', 'portfolio-2'];
const CREATORS = ['advisor-1', 'advisor-2'];
const TIMES = ['2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z', '2026-11-21T12:00:01.000Z'];
const BOUNDS = [
  '2026-11-21T12:00:00.000001Z',
  '2026-11-21T12:00:00.001000Z',
  '2026-11-21T12:00:01.000000Z',
];

/** One call. Numbers choose among what exists when the call is made. */
const commands = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('create' as const),
      key: fc.nat(5),
      request: fc.nat(3).map((number) => Number(number === 0)),
      draft: fc.record({
        portfolioId: fc.constantFrom(...PORTFOLIOS),
        createdBy: fc.constantFrom(...CREATORS),
        createdAt: fc.constantFrom(...TIMES),
        title: fc.option(fc.string()),
        document: anyDocument(2),
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('append' as const),
      /** Mostly the latest revision of a proposal; else one that was overtaken. */
      stale: fc.nat(3).map((number) => number === 0),
      choice: fc.nat(),
      write: fc.oneof(
        fc.record({ kind: fc.constant('version' as const), document: anyDocument(2) }),
        fc.record({
          kind: fc.constant('transition' as const),
          to: fc.constantFrom(...PROPOSAL_STATES),
        }),
        fc.record({
          kind: fc.constant('approval' as const),
          type: fc.constantFrom(...APPROVAL_TYPES),
          approved: fc.boolean(),
          comment: fc.option(fc.string()),
        }),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('list' as const),
      filter: fc.record(
        {
          portfolioId: fc.constantFrom(...PORTFOLIOS),
          state: fc.constantFrom(...PROPOSAL_STATES),
          createdBy: fc.constantFrom(...CREATORS),
          createdFrom: fc.constantFrom(...BOUNDS),
          createdTo: fc.constantFrom(...BOUNDS),
        },
        { requiredKeys: [] },
      ),
      limit: fc.integer({ min: 1, max: 10 }),
      after: fc.option(fc.nat()),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('read' as const),
      choice: fc.nat(),
      versionNo: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;
type Write = Extract<Command, { call: 'append' }>['write'];

/** Whatever is called in whatever order, a store answers as a list of all writes would. */
export function sequenceCases(empty: () => Promise<ProposalRepository>): void {
  describe('any sequence of calls', () => {
    it('answers like the model', async () => {
      const seen = { created: 0, replayed: 0, conflict: 0, appended: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(commands, { minLength: 10, maxLength: 60, size: 'max' }),
          async (sequence) => {
            const [proposals, model] = [await empty(), new ProposalModel()];
            for (const command of sequence) await step(proposals, model, command, seen);
            await compareAll(proposals, model);
          },
        ),
        { numRuns: 25 },
      );
      // The sequences are worth running only when they come by every outcome.
      expect(Object.entries(seen).filter(([, times]) => times === 0)).toEqual([]);
    });
  });
}

async function step(
  proposals: ProposalRepository,
  model: ProposalModel,
  command: Command,
  seen: Record<'created' | 'replayed' | 'conflict' | 'appended' | 'refused', number>,
): Promise<void> {
  switch (command.call) {
    case 'create': {
      const change = creation(command.draft);
      const key = keyOf(`key-${command.key}`, command.request);
      const expected = model.create(change, key);
      expect(await proposals.create(change, key)).toEqual(expected);
      seen[expected.outcome] += 1;
      return;
    }
    case 'append': {
      const change = legal(before(model, command), command.write);
      if (!change) return;
      const expected = model.append(change);
      expect(await proposals.append(change)).toBe(expected);
      seen[expected ? 'appended' : 'refused'] += 1;
      return;
    }
    case 'list': {
      const filter: ProposalFilter = command.filter;
      const last = command.after === null ? undefined : pick(model.proposals(), command.after);
      const after = last && positionOf(last);
      expect(await proposals.list(filter, command.limit, after)).toEqual(
        model.list(filter, command.limit, after),
      );
      return;
    }
    case 'read': {
      const proposal = pick(model.proposals(), command.choice);
      if (!proposal) return;
      expect(await proposals.findVersion(proposal.proposalId, command.versionNo)).toEqual(
        model.version(proposal.proposalId, command.versionNo) ?? null,
      );
      await compareOne(proposals, model, proposal);
    }
  }
}

/** What the writer believes the proposal to be. */
function before(model: ProposalModel, { stale, choice }: Extract<Command, { call: 'append' }>) {
  if (!stale) return pick(model.proposals(), choice);
  return pick(model.changes, choice)?.proposal;
}

/** The change, unless the domain refuses it. */
function legal(proposal: Proposal | undefined, write: Write): ProposalChange | undefined {
  if (!proposal) return undefined;
  try {
    switch (write.kind) {
      case 'version':
        return versionOn(proposal, write.document);
      case 'transition':
        return move(proposal, write.to);
      case 'approval':
        return approval(proposal, write.type, write);
    }
  } catch (error) {
    if (error instanceof ReasonError) return undefined;
    throw error;
  }
}

async function compareAll(proposals: ProposalRepository, model: ProposalModel): Promise<void> {
  expect(await proposals.list({}, 1000)).toEqual(model.list({}, 1000));
  for (const proposal of model.proposals()) await compareOne(proposals, model, proposal);
}

async function compareOne(
  proposals: ProposalRepository,
  model: ProposalModel,
  { proposalId, currentVersionNo }: Proposal,
): Promise<void> {
  const version = model.version(proposalId, currentVersionNo);
  const found = await proposals.find(proposalId);
  expect(found).toEqual({ proposal: model.proposal(proposalId), version });
  expect(JSON.stringify(found?.version.document)).toBe(JSON.stringify(version?.document));
  expect(await proposals.events(proposalId)).toEqual(model.events(proposalId));
  expect(await proposals.approvals(proposalId)).toEqual(model.approvals(proposalId));
}

function pick<T>(things: readonly T[], choice: number): T | undefined {
  return things.length === 0 ? undefined : things[choice % things.length];
}
