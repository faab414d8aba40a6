import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bodyOf, expectProblem, HttpClient } from '../support/http-client.js';
import { type Service, startService } from '../support/service.js';

const MIB = 1024 * 1024;

let service: Service;
let client: HttpClient;

beforeAll(async () => {
  service = await startService({ DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true' });
  client = new HttpClient(service.url);
});
afterAll(() => service.stop());

function create(document: string) {
  const body = `{"portfolio_id":"p","created_by":"a","document":${document}}`;
  return client.send('POST', '/rebalance/proposals', body, {
    'idempotency-key': String(body.length),
  });
}

describe('a body of too many values', () => {
  it.each([
    ['numbers', `[${'1,'.repeat(MIB / 2 - 200)}1]`],
    ['empty objects', `[${'{},'.repeat(MIB / 3 - 200)}1]`],
    ['names', `{${Array.from({ length: 50_000 }, (_, at) => `"n${at}":1`).join()}}`],
  ])('is refused: %s', async (_, document) => {
    expectProblem(await create(document), 413, 'BODY_TOO_COMPLEX');
  });

  it('is refused for its depth before its end is looked at', async () => {
    expectProblem(await create('['.repeat(MIB - 200)), 422, 'JSON_TOO_DEEP');
  });
});

describe('a definition of a policy pack', () => {
  const put = (count: number) => {
    const constraints = Array.from({ length: count }, (_, at) => `"${at}":{"max_weight":2}`);
    const definition = `{"constraint_policy":{"group_constraints":{${constraints.join()}}}}`;
    const body = `{"applies_to":"DEFAULT","version":"1","definition":${definition}}`;
    return client.send('PUT', '/rebalance/policies/catalog/p', body, { 'if-none-match': '*' });
  };
  const path = 'definition.constraint_policy.group_constraints';

  it('of more names than it may hold is refused before they are judged', async () => {
    const errors = [{ path, message: 'has more than 3200 names' }];
    const refused = await put(3201);
    expectProblem(refused, 422, 'VALIDATION_FAILED');
    expect(JSON.parse(refused.text)).toMatchObject({ errors });
  });

  it('of as many is judged name by name', async () => {
    const refused = await put(3200);
    expectProblem(refused, 422, 'VALIDATION_FAILED');
    expect(JSON.parse(refused.text)).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ path: `${path}.0.max_weight` })]),
    });
  });
});

it('an ordinary document of 1 MiB is taken, and comes back', async () => {
  const trade = { isin: 'IE00B4L5Y983', quantity: 120, price: 101.25, side: 'BUY' };
  const document = Array.from({ length: 15_500 }, () => trade);
  const created = bodyOf(await create(JSON.stringify(document)), 201) as { proposal_id: string };
  const found = bodyOf(await client.get(`/rebalance/proposals/${created.proposal_id}`), 200);
  expect(found).toEqual({ ...created, version: expect.objectContaining({ document }) });
});

it('others are served while large bodies are read', async () => {
  const document = `[${'1.5,'.repeat(85_000)}1]`;
  const state = { isAnswered: false };
  const writes = Promise.all(Array.from({ length: 30 }, () => create(document))).finally(
    () => (state.isAnswered = true),
  );
  let served = 0;
  while (!state.isAnswered) {
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    served += 1;
  }
  for (const answer of await writes) expect([200, 201]).toContain(answer.status);
  expect(served).toBeGreaterThan(30);
});
