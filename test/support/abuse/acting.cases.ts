import { EVERY_SCOPE } from '../tokens.js';
import { request, rows } from './abuse-case.js';
import { as, MOVE, NEW, PROPOSALS, RUNS, type Stage } from './stage.js';

const APPROVAL = { approval_type: 'RISK', approved: true, expected_state: 'RISK_REVIEW' };
const PAST = { to_state: 'COMPLIANCE_REVIEW', expected_state: 'RISK_REVIEW' };

let keys = 0;

/** As a subject that may do everything, unless a scope is given. */
const post =
  (subject: string, pathOf: (stage: Stage) => string, body: object, scope = EVERY_SCOPE) =>
  async (stage: Stage) => {
    keys += 1;
    const headers = { ...(await as(subject, scope)), 'Idempotency-Key': `abuse-${keys}` };
    return request('POST', pathOf(stage), headers, JSON.stringify(body));
  };

const get = (subject: string, pathOf: (stage: Stage) => string) => async (stage: Stage) =>
  request('GET', pathOf(stage), await as(subject));

const draft = (end: string) => (stage: Stage) => `${PROPOSALS}/${stage.draft}/${end}`;
const inReview = (end: string) => (stage: Stage) => `${PROPOSALS}/${stage.inReview}/${end}`;
const decisions = ({ run }: Stage) => `${RUNS}/${run}/workflow/decisions`;
const except = (scope: string) =>
  EVERY_SCOPE.split(' ')
    .filter((each) => each !== scope)
    .join(' ');

export const actingCases = [
  ...rows('approving what is one’s own', [
    ['an approval', post('advisor-1', inReview('approvals'), APPROVAL), 403, 'SELF_APPROVAL_FORBIDDEN'],
    ['a move past it', post('advisor-1', inReview('transitions'), PAST), 403, 'SELF_APPROVAL_FORBIDDEN'],
    ['an approval that names itself as somebody else', post('advisor-1', inReview('approvals'), { ...APPROVAL, actor_id: 'risk-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['an approval by the same name in another case of letters', post('advisor-1', inReview('approvals'), { ...APPROVAL, actor_id: 'ADVISOR-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['a move of somebody else that does what an approval does, without its scope', post('risk-1', inReview('transitions'), PAST, except('proposals:approve')), 403, 'SCOPE_MISSING'],
  ]),
  ...rows('acting as somebody else', [
    ['a creation', post('me', () => PROPOSALS, { ...NEW, created_by: 'advisor-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['a version', post('me', draft('versions'), { document: {}, created_by: 'advisor-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['a move', post('me', draft('transitions'), { ...MOVE, actor_id: 'advisor-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['an approval', post('me', inReview('approvals'), { ...APPROVAL, actor_id: 'advisor-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['a decision', post('me', decisions, { action: 'APPROVE', reason_code: 'FINE', actor_id: 'advisor-1' }), 403, 'ACTOR_NOT_CALLER'],
    ['a name that is a list', post('me', draft('transitions'), { ...MOVE, actor_id: ['advisor-1'] }), 422, 'VALIDATION_FAILED'],
    ['no name, null', post('me', draft('transitions'), { ...MOVE, actor_id: null }), 422, 'VALIDATION_FAILED'],
    ['a name beside the one that is meant', post('me', draft('transitions'), { ...MOVE, actorId: 'advisor-1', subject: 'advisor-1' }), 422, 'VALIDATION_FAILED'],
    ['a body that is a list', post('me', draft('transitions'), [MOVE]), 422, 'VALIDATION_FAILED'],
  ]),
  ...rows('what belongs to another caller', [
    ['the key of a move', async (stage) => request('POST', inReview('transitions')(stage), { ...(await as('advisor-2')), 'Idempotency-Key': stage.moveKey }, JSON.stringify(MOVE)), 409, 'STATE_CONFLICT'],
    ['the key of a move, as it is kept', async (stage) => request('POST', inReview('transitions')(stage), { ...(await as('advisor-2')), 'Idempotency-Key': `advisor-1:${stage.moveKey}` }, JSON.stringify(MOVE)), 409, 'STATE_CONFLICT'],
    ['the key of a run', get('other', ({ runKey }) => `${RUNS}/by/idempotency-key/${runKey}`), 404, 'IDEMPOTENCY_KEY_NOT_FOUND'],
    ['the history of such a key', get('other', ({ runKey }) => `${RUNS}/by/idempotency-key/${runKey}/history`), 404, 'IDEMPOTENCY_KEY_NOT_FOUND'],
    ['a cursor', get('advisor-2', ({ cursor }) => `${PROPOSALS}?limit=1&cursor=${encodeURIComponent(cursor)}`), 400, 'CURSOR_INVALID'],
    ['a cursor, by a name that begins alike', get('advisor-1 ', ({ cursor }) => `${PROPOSALS}?limit=1&cursor=${encodeURIComponent(cursor)}`), 400, 'CURSOR_INVALID'],
  ]),
  ...rows('a cursor that is made up', [
    ['without a signature', get('advisor-1', ({ cursor }) => `${PROPOSALS}?cursor=${cursor.split('.')[0]}`), 400, 'CURSOR_INVALID'],
    ['with an empty one', get('advisor-1', ({ cursor }) => `${PROPOSALS}?cursor=${cursor.split('.')[0]}.`), 400, 'CURSOR_INVALID'],
    ['with one more character', get('advisor-1', ({ cursor }) => `${PROPOSALS}?cursor=${cursor}A`), 400, 'CURSOR_INVALID'],
    ['of another place', get('advisor-1', ({ cursor }) => `${PROPOSALS}?cursor=${Buffer.from('["2999-01-01T00:00:00.000Z","x"]').toString('base64url')}.${cursor.split('.')[1]}`), 400, 'CURSOR_INVALID'],
    ['as SQL', get('advisor-1', () => `${PROPOSALS}?cursor=%27%20OR%201%3D1--`), 400, 'CURSOR_INVALID'],
    ['twice', get('advisor-1', ({ cursor }) => `${PROPOSALS}?cursor=${cursor}&cursor=${cursor}`), 422, 'VALIDATION_FAILED'],
  ]),
  ...rows('what is not there', [
    ['a version of it', post('me', () => `${PROPOSALS}/none/versions`, { document: {} }), 404, 'PROPOSAL_NOT_FOUND'],
    ['a decision about it', post('me', () => `${RUNS}/none/workflow/decisions`, { action: 'APPROVE', reason_code: 'FINE' }), 404, 'RUN_NOT_FOUND'],
    ['a creation without a key', async () => request('POST', PROPOSALS, await as('me'), JSON.stringify(NEW)), 400, 'IDEMPOTENCY_KEY_REQUIRED'],
  ]),
]; // prettier-ignore
