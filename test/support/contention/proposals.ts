import { expect } from '@jest/globals';
import {
  type ApprovalType,
  APPROVALS,
  type ProposalState,
  TRANSITIONS,
} from '../../../src/stores/advisory/proposal.workflow.js';
import type { RowOf } from '@holdfast/postgres/entities/define-entity';
import type { ApprovalEntity } from '../../../src/stores/advisory/entities/approval.entity.js';
import type { ProposalEntity } from '../../../src/stores/advisory/entities/proposal.entity.js';
import type { WorkflowEventEntity } from '../../../src/stores/advisory/entities/workflow-event.entity.js';
import { countUp, expectSame, type Query, send, type Subject, type Write } from './subject.js';

const PROPOSALS = '/rebalance/proposals';

type ProposalRow = RowOf<typeof ProposalEntity>;
type EventRow = RowOf<typeof WorkflowEventEntity>;
type ApprovalRow = RowOf<typeof ApprovalEntity>;

interface Proposal {
  readonly proposal_id: string;
  readonly current_state: ProposalState;
  readonly current_version_no: number;
}

interface VersionRow {
  readonly proposal_id: string;
  readonly version_no: number;
  readonly document: string | object;
  readonly created_by: string;
}

/** Keys, versions, transitions and approvals of a few proposals. */
export class Proposals implements Subject {
  /** As an answer last showed them, which need not be how they are. */
  readonly #seen = new Map<string, Proposal>();
  readonly #created: string[] = [];
  /** Writes by proposal, besides its creation. */
  readonly #changed: string[] = [];
  readonly #keyOf = new Map<string, string>();

  async write(write: Write): Promise<void> {
    const alive = [...this.#seen.values()].filter((each) => TRANSITIONS[each.current_state].length);
    if (alive.length < 3 || write.random.oneIn(8)) return this.create(write);
    const proposal = write.random.pick(alive);
    const act = write.random.pick(['version', 'transition', 'approval', 'approval'] as const);
    if (act === 'version') return this.#addVersion(write, proposal);
    return act === 'transition' ? this.#move(write, proposal) : this.#approve(write, proposal);
  }

  async check(query: Query): Promise<void> {
    const proposals = await query<ProposalRow>('SELECT * FROM proposal_records');
    const events = await query<EventRow>(
      'SELECT * FROM proposal_workflow_events ORDER BY sequence_no',
    );
    const versions = await query<VersionRow>('SELECT * FROM proposal_versions ORDER BY version_no');
    const approvals = await query<ApprovalRow>(
      'SELECT * FROM proposal_approvals ORDER BY sequence_no',
    );
    expectSame(
      proposals.map((each) => each.proposal_id),
      this.#created,
    );
    expectSame(
      events
        .filter(({ event_type }) => event_type !== 'CREATED')
        .map((event) => `${event.proposal_id} ${event.actor_id}`),
      this.#changed,
    );
    for (const proposal of proposals) {
      const own = <Row extends { readonly proposal_id: string }>(rows: readonly Row[]) =>
        rows.filter((row) => row.proposal_id === proposal.proposal_id);
      checkProposal(proposal, own(events), own(versions), own(approvals));
    }
    const keys = await query<{ idempotency_key: string; proposal_id: string }>(
      'SELECT idempotency_key, proposal_id FROM proposal_idempotency',
    );
    expect(new Map(keys.map((row) => [row.idempotency_key, row.proposal_id]))).toEqual(this.#keyOf);
  }

  /** Several at once claim several keys, in whatever order they come. */
  async create(write: Write): Promise<void> {
    // Later writes use later keys, so that there are always some that nobody has.
    const key = `key-${this.#created.length + write.random.below(6)}`;
    const document = { key, variant: write.random.oneIn(4) ? 'other' : 'usual' };
    const reply = await send<Proposal>(
      write,
      ['POST', PROPOSALS],
      {
        headers: { 'idempotency-key': key },
        body: { portfolio_id: 'shared', created_by: key, document },
      },
      ['201', '200', '409 IDEMPOTENCY_KEY_CONFLICT'],
    );
    if (!reply.acknowledged) return;
    const { proposal_id: id } = reply.body;
    expect(this.#keyOf.get(key) ?? id).toBe(id);
    this.#keyOf.set(key, id);
    if (reply.outcome !== '201') return;
    this.#created.push(id);
    this.#seen.set(id, reply.body);
  }

  async #addVersion(write: Write, { proposal_id: id, current_version_no }: Proposal) {
    const reply = await send<Proposal>(
      write,
      ['POST', `${PROPOSALS}/${id}/versions`],
      {
        body: {
          created_by: write.id,
          document: { write: write.id },
          ...(write.random.oneIn(2) && { expected_version_no: current_version_no }),
        },
      },
      ['201', '409 STATE_CONFLICT', '422 VERSION_NOT_ALLOWED'],
    );
    return this.#learn(write, id, reply);
  }

  async #move(write: Write, { proposal_id: id, current_state }: Proposal) {
    // Mostly to where the proposal can go on from.
    const ways = TRANSITIONS[current_state];
    const onward = ways.filter((state) => TRANSITIONS[state].length > 0);
    const to_state = write.random.pick(
      onward.length > 0 && !write.random.oneIn(12) ? onward : ways,
    );
    const reply = await send<Proposal>(
      write,
      ['POST', `${PROPOSALS}/${id}/transitions`],
      { body: { to_state, expected_state: current_state, actor_id: write.id } },
      ['200', '409 STATE_CONFLICT', '422 TRANSITION_NOT_ALLOWED'],
    );
    return this.#learn(write, id, reply);
  }

  async #approve(write: Write, { proposal_id: id, current_state }: Proposal) {
    const types = Object.keys(APPROVALS) as ApprovalType[];
    const approval_type =
      types.find((type) => APPROVALS[type].in === current_state) ?? write.random.pick(types);
    const reply = await send<Proposal>(
      write,
      ['POST', `${PROPOSALS}/${id}/approvals`],
      {
        body: {
          approval_type,
          approved: !write.random.oneIn(10),
          expected_state: current_state,
          actor_id: write.id,
          comment: write.id,
        },
      },
      ['201', '409 STATE_CONFLICT', '422 APPROVAL_NOT_ALLOWED'],
    );
    return this.#learn(write, id, reply);
  }

  /** A refusal tells that what was seen is old: it is read again. */
  async #learn(
    write: Write,
    id: string,
    { acknowledged, body }: { readonly acknowledged: boolean; readonly body: Proposal },
  ): Promise<void> {
    if (acknowledged) this.#changed.push(`${id} ${write.id}`);
    const seen = acknowledged
      ? body
      : (await send<Proposal>(write, ['GET', `${PROPOSALS}/${id}`], {}, ['200'])).body;
    this.#seen.set(id, seen);
  }
}

/** The row of a proposal is what its events make of it, and nothing is without its event. */
function checkProposal(
  proposal: ProposalRow,
  events: readonly EventRow[],
  versions: readonly VersionRow[],
  approvals: readonly ApprovalRow[],
): void {
  expect(events.map(({ sequence_no }) => sequence_no)).toEqual(countUp(proposal.revision));
  expect(events[0]).toMatchObject({ event_type: 'CREATED', from_state: null, to_state: 'DRAFT' });
  let [state, versionNo]: [ProposalState, number] = ['DRAFT', 1];
  for (const event of events.slice(1)) {
    expect(event.from_state).toBe(state);
    if (event.event_type === 'VERSION_ADDED') {
      versionNo += 1;
      expect(event.to_state).toBe(state);
    } else if (event.event_type === 'STATE_CHANGED') {
      expect(TRANSITIONS[state]).toContain(event.to_state);
    } else {
      const approval = approvals.find(({ sequence_no }) => sequence_no === event.sequence_no);
      const rule = approval && APPROVALS[approval.approval_type];
      expect(rule?.in).toBe(state);
      expect(event.to_state).toBe(approval?.approved ? rule?.leadsTo : 'REJECTED');
    }
    expect(event.version_no).toBe(versionNo);
    state = event.to_state;
  }
  expect(proposal).toMatchObject({ current_state: state, current_version_no: versionNo });

  expect(versions.map(({ version_no }) => version_no)).toEqual(countUp(versionNo));
  expect(
    versions.slice(1).map(({ created_by, document }) => ({ created_by, document: read(document) })),
  ).toEqual(
    actorsOf(events, 'VERSION_ADDED').map((write) => ({ created_by: write, document: { write } })),
  );
  expect(approvals.map(({ actor_id }) => actor_id)).toEqual(actorsOf(events, 'APPROVAL_RECORDED'));
}

function actorsOf(events: readonly EventRow[], type: EventRow['event_type']): readonly string[] {
  return events.flatMap(({ event_type, actor_id }) => (event_type === type ? [actor_id] : []));
}

function read(document: string | object): unknown {
  return typeof document === 'string' ? JSON.parse(document) : document;
}
