import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService } from '../support/service.js';
import { Description } from './description.js';
import { anyRequest, type FuzzRequest } from './requests.js';
import { send } from './send.js';

const TOGETHER = 12;
const MOST_IDENTIFIERS = 500;
const EVERYTHING_ON = {
  DPM_POLICY_PACKS_ENABLED: 'true',
  DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
};

/** Identifiers in answers: later requests ask for what is there. */
const IDENTIFIER =
  /"(\w+_id|next_cursor|idempotency_key|request_hash|source|target)":("(?:[^"\\]|\\.){1,300}")/g;

describe.each([
  ['POSTGRES', 5000],
  ['SQLITE', 2500],
])('requests made from /docs-json, on %s', (backend, count) => {
  let database: TestDatabase | undefined;
  let service: Service;
  let description: Description;

  beforeAll(async () => {
    if (backend === 'POSTGRES') database = await createDatabase();
    service = await startService({
      ...EVERYTHING_ON,
      ...(database && {
        DB_TYPE: 'postgresql',
        DATABASE_URL: database.url,
        MIGRATE_ON_START: 'true',
      }),
    });
    description = await Description.of(service.url);
  });
  afterAll(async () => {
    await service.stop();
    await database?.drop();
  });

  it(`${count} of them get an answer that is described, and never a 5xx`, async () => {
    const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
    const identifiers: { readonly name: string; readonly value: string }[] = [];
    const requests = anyRequest(description, (parameter) => {
      const name = parameter === 'cursor' ? 'next_cursor' : parameter.toLowerCase();
      const ofName = identifiers.filter((each) => each.name === name.replaceAll('-', '_'));
      return (ofName.length > 0 ? ofName : identifiers).map(({ value }) => value);
    });
    const statuses = new Map<number, number>();
    const faults: string[] = [];
    for (let next = 0; next < count; next += TOGETHER) {
      const numRuns = Math.min(TOGETHER, count - next);
      await Promise.all(
        fc.sample(requests, { numRuns, seed: seed + next }).map(async (request) => {
          const answer = await send(service.url, request);
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          const fault = description.fault(request.operation, answer);
          if (fault !== null)
            faults.push(`${told(request)}: ${fault}: ${answer.text.slice(0, 300)}`);
          for (const [, name = '', text = '""'] of answer.text.matchAll(IDENTIFIER)) {
            identifiers.unshift({ name, value: JSON.parse(text) as string });
          }
          identifiers.splice(MOST_IDENTIFIERS);
        }),
      );
    }
    expect({ seed, faults }).toEqual({ seed, faults: [] });
    expect([...statuses.values()].reduce((sum, each) => sum + each, 0)).toBe(count);
    // A fuzz whose requests are all refused, or all taken, proves nothing.
    expect(sumOf(statuses, 200, 299)).toBeGreaterThan(count / 20);
    expect(sumOf(statuses, 400, 499)).toBeGreaterThan(count / 20);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  }, 180_000);
});

function sumOf(statuses: ReadonlyMap<number, number>, from: number, to: number): number {
  return [...statuses]
    .filter(([status]) => status >= from && status <= to)
    .reduce((sum, [, times]) => sum + times, 0);
}

function told({ operation, path, headers, body }: FuzzRequest): string {
  return `${operation.method} ${path} ${JSON.stringify(headers)} ${body?.slice(0, 400) ?? ''}`;
}
