import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Answer, bodyOf, expectProblem, HttpClient } from '../support/http-client.js';
import { routesOf, scopeOf } from '../support/abuse/routes.cases.js';
import { type Service, startService } from '../support/service.js';
import { bearer, EVERY_SCOPE, JWT, SIGNING_KEY, tokenFor } from '../support/tokens.js';

const PROPOSALS = '/rebalance/proposals';

let service: Service;
let client: HttpClient;

beforeAll(async () => {
  service = await startService({
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    ...JWT,
    JWT_ISSUER: 'https://issuer.test',
    JWT_AUDIENCE: 'holdfast',
    OPS_ACCESS: 'token',
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
  });
  client = new HttpClient(service.url);
});

afterAll(() => service.stop());

const OURS = { iss: 'https://issuer.test', aud: 'holdfast' };

/** A header with a token that is good; what others get is in `abuse.long.test.ts`. */
async function as(subject: string, scope = EVERY_SCOPE) {
  return bearer(await tokenFor(subject, scope, OURS));
}

async function post(
  path: string,
  body: object,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const key = { 'idempotency-key': randomUUID() };
  return client.send('POST', path, JSON.stringify(body), { ...key, ...headers });
}

interface Proposal {
  readonly proposal_id: string;
  readonly created_by: string;
  readonly current_state: string;
}

const NEW = { portfolio_id: 'pf-1', document: { trades: [] } };

async function create(subject: string): Promise<Proposal> {
  return bodyOf(await post(PROPOSALS, NEW, await as(subject)), 201) as Proposal;
}

/** All that there is of proposals, as one text. */
async function everything(): Promise<string> {
  const list = await client.send('GET', `${PROPOSALS}?limit=200`, undefined, await as('auditor'));
  const { items } = bodyOf(list, 200) as { readonly items: readonly Proposal[] };
  const events = await Promise.all(
    items.map(async ({ proposal_id }) => {
      const path = `${PROPOSALS}/${proposal_id}/events`;
      return (await client.send('GET', path, undefined, await as('auditor'))).text;
    }),
  );
  return list.text + events.join('');
}

/** Asks for something, and makes sure that nothing has come of it. */
async function changingNothing(ask: () => Promise<Answer>): Promise<Answer> {
  const before = await everything();
  const answer = await ask();
  expect(await everything()).toBe(before);
  return answer;
}

describe('what a caller may do', () => {
  it('is what the scopes of the token are for', async () => {
    for (const scope of ['', 'runs:read', 'proposals:write', 'proposals', 'proposals:*', '*']) {
      const answer = await client.send('GET', PROPOSALS, undefined, await as('me', scope));
      expectProblem(answer, 403, 'SCOPE_MISSING');
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_scope", scope="proposals:read"',
      );
    }
    const answer = await client.send('GET', PROPOSALS, undefined, await as('me', 'proposals:read'));
    expect(answer.status).toBe(200);
  });
});

describe('each route of the document', () => {
  it('lets in who has its scope alone, and everybody where it is for everybody', async () => {
    const routes = await routesOf({ service });
    expect(routes.length).toBeGreaterThan(40);
    for (const { method, path } of routes) {
      const scope = scopeOf({ method, path });
      const headers = scope === null ? {} : await as('me', scope);
      const { status } = await fetch(service.url + path, { method, headers });
      expect([method, path, [401, 403].includes(status)]).toEqual([method, path, false]);
    }
  });
});

describe('who acts', () => {
  it('is the subject of the token, whether the body names it or not', async () => {
    expect((await create('advisor-7')).created_by).toBe('advisor-7');
    const named = await post(PROPOSALS, { ...NEW, created_by: 'advisor-7' }, await as('advisor-7'));
    expect(bodyOf(named, 201)).toMatchObject({ created_by: 'advisor-7' });
  });

  it('is kept in decisions about runs, too', async () => {
    const run = {
      correlation_id: randomUUID(),
      request_hash: 'hash',
      portfolio_id: 'pf-1',
      status: 'PENDING_REVIEW',
      result: {},
    };
    const recorded = bodyOf(await post('/rebalance/runs', run, await as('engine')), 201);
    const { rebalance_run_id: id } = recorded as { readonly rebalance_run_id: string };
    const path = `/rebalance/runs/${id}/workflow/decisions`;
    const decision = { action: 'APPROVE', reason_code: 'FINE' };
    const made = bodyOf(await post(path, decision, await as('reviewer')), 201);
    expect(JSON.stringify(made)).toContain('"actor_id":"reviewer"');
  });
});

describe('an idempotency key', () => {
  const keyed = async (subject: string, key: string) => ({
    ...(await as(subject)),
    'idempotency-key': key,
  });

  it("is its caller's own: with that of another, a proposal is created as with a new one", async () => {
    const key = randomUUID();
    const first = bodyOf(await post(PROPOSALS, NEW, await keyed('advisor-1', key)), 201);
    const other = await post(PROPOSALS, NEW, await keyed('advisor-2', key));
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    expect(bodyOf(other, 201)).toMatchObject({ created_by: 'advisor-2' });
    const again = await post(PROPOSALS, NEW, await keyed('advisor-1', key));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(bodyOf(again, 200)).toEqual(first);
  });

  it('answers nobody else with what was kept for a move, and conflicts with nobody else', async () => {
    const key = randomUUID();
    const move = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT' };
    const path = `${PROPOSALS}/${(await create('advisor-1')).proposal_id}/transitions`;
    bodyOf(await post(path, move, await keyed('advisor-1', key)), 200);
    const foreign = await changingNothing(async () =>
      post(path, move, await keyed('advisor-2', key)),
    );
    expectProblem(foreign, 409, 'STATE_CONFLICT');
    const own = `${PROPOSALS}/${(await create('advisor-2')).proposal_id}/transitions`;
    bodyOf(await post(own, move, await keyed('advisor-2', key)), 200);
    const again = await post(path, move, await keyed('advisor-1', key));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('of a run finds it for its caller alone, and is told as it was sent', async () => {
    const key = randomUUID();
    const run = {
      correlation_id: randomUUID(),
      request_hash: 'hash',
      portfolio_id: 'pf-1',
      status: 'READY',
      result: {},
    };
    const made = bodyOf(await post('/rebalance/runs', run, await keyed('engine', key)), 201);
    const { rebalance_run_id: id } = made as { readonly rebalance_run_id: string };
    const read = async (subject: string, path: string) =>
      client.send('GET', `/rebalance/runs/${path}`, undefined, await as(subject));
    for (const path of [`by/idempotency-key/${key}`, `by/idempotency-key/${key}/history`]) {
      expect((await read('engine', path)).status).toBe(200);
      expectProblem(await read('other', path), 404, 'IDEMPOTENCY_KEY_NOT_FOUND');
    }
    const bundle = bodyOf(await read('other', `${id}/support-bundle`), 200);
    expect(bundle).toMatchObject({ idempotency: [{ idempotency_key: key }] });
  });
});

describe('a cursor', () => {
  const page = async (subject: string, cursor?: string) => {
    const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    return client.send('GET', `${PROPOSALS}?limit=1${query}`, undefined, await as(subject));
  };

  it('leads its caller on', async () => {
    await create('advisor-1');
    await create('advisor-1');
    const first = bodyOf(await page('advisor-1'), 200) as { readonly next_cursor: string };
    bodyOf(await page('advisor-1', first.next_cursor), 200);
  });

  it('is good on each instance, and after a restart', async () => {
    const database = await createDatabase();
    const key = 'a key of cursors in tests, which is long enough';
    const environment = {
      ...JWT,
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      MIGRATE_ON_START: 'true',
    };
    const ask = async (keyed: Readonly<Record<string, string>>, cursor?: string) => {
      const instance = await startService({ ...environment, ...keyed });
      try {
        const own = new HttpClient(instance.url);
        const headers = bearer(await tokenFor('me'));
        const write = { ...headers, 'idempotency-key': randomUUID() };
        bodyOf(await own.send('POST', PROPOSALS, JSON.stringify(NEW), write), 201);
        const query = cursor === undefined ? '' : `&cursor=${cursor}`;
        return await own.send('GET', `${PROPOSALS}?limit=1${query}`, undefined, headers);
      } finally {
        await instance.stop();
      }
    };
    try {
      for (const keyed of [{}, { CURSOR_KEY: key }]) {
        await ask(keyed);
        const { next_cursor } = bodyOf(await ask(keyed), 200) as { readonly next_cursor: string };
        bodyOf(await ask(keyed, next_cursor), 200);
        const other = { CURSOR_KEY: `${key}!` };
        expectProblem(await ask(other, next_cursor), 400, 'CURSOR_INVALID');
      }
    } finally {
      await database.drop();
    }
  }, 180_000);
});

describe('nobody approves their own proposal', () => {
  const approval = { approval_type: 'RISK', approved: true, expected_state: 'RISK_REVIEW' };
  const toReview = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT' };
  const past = { to_state: 'COMPLIANCE_REVIEW', expected_state: 'RISK_REVIEW' };

  async function inReview(subject: string): Promise<string> {
    const { proposal_id } = await create(subject);
    const path = `${PROPOSALS}/${proposal_id}`;
    bodyOf(await post(`${path}/transitions`, toReview, await as(subject)), 200);
    return path;
  }

  it('by an approval, or by a move that does the same', async () => {
    const path = await inReview('advisor-7');
    for (const [kind, body] of [
      ['approvals', approval],
      ['transitions', past],
    ] as const) {
      const answer = await changingNothing(async () =>
        post(`${path}/${kind}`, body, await as('advisor-7')),
      );
      expectProblem(answer, 403, 'SELF_APPROVAL_FORBIDDEN');
    }
    bodyOf(await post(`${path}/approvals`, approval, await as('risk-2')), 201);
  });

  it('nor moves one past its approval with a scope that only lets write', async () => {
    const path = await inReview('advisor-7');
    const writer = await as('risk-2', 'proposals:write');
    const answer = await changingNothing(() => post(`${path}/transitions`, past, writer));
    expectProblem(answer, 403, 'SCOPE_MISSING');
    const back = { to_state: 'DRAFT', expected_state: 'RISK_REVIEW' };
    bodyOf(await post(`${path}/transitions`, back, writer), 200);
  });

  it('nor a version of their own in the proposal of somebody else', async () => {
    const path = await inReview('advisor-7');
    bodyOf(await post(`${path}/versions`, { document: { more: 1 } }, await as('risk-2')), 201);
    expectProblem(
      await post(`${path}/approvals`, approval, await as('risk-2')),
      403,
      'SELF_APPROVAL_FORBIDDEN',
    );
    bodyOf(await post(`${path}/approvals`, approval, await as('risk-3')), 201);
  });

  it('but may refuse it', async () => {
    const path = await inReview('advisor-7');
    const refusal = { ...approval, approved: false };
    const answer = await post(`${path}/approvals`, refusal, await as('advisor-7'));
    expect(bodyOf(answer, 201)).toMatchObject({ current_state: 'REJECTED' });
  });

  it('unless LOCAL is told to let them', async () => {
    const lax = await startService({ ...JWT, ALLOW_SELF_APPROVAL: 'true' });
    try {
      const own = new HttpClient(lax.url);
      const headers = { ...bearer(await tokenFor('me')), 'idempotency-key': 'k' };
      const made = bodyOf(await own.send('POST', PROPOSALS, JSON.stringify(NEW), headers), 201);
      const path = `${PROPOSALS}/${(made as Proposal).proposal_id}`;
      const send = async (kind: string, body: object) =>
        own.send('POST', `${path}/${kind}`, JSON.stringify(body), bearer(await tokenFor('me')));
      bodyOf(await send('transitions', toReview), 200);
      bodyOf(await send('approvals', approval), 201);
    } finally {
      await lax.stop();
    }
  });
});

describe('the log', () => {
  it('has no token and no key', async () => {
    const { authorization = '' } = await as('me');
    await client.send('GET', PROPOSALS, undefined, { authorization: `${authorization}x` });
    const signature = authorization.split('.').at(-1) ?? '';
    expect(service.output()).not.toContain(signature);
    expect(service.output()).not.toContain(SIGNING_KEY);
  });
});
