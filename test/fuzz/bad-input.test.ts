import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService } from '../support/service.js';
import { Description, type Operation, type Schema } from './description.js';
import { send } from './send.js';

const MIB = 1024 * 1024;
const SQL = `'); DROP TABLE proposal_records CASCADE; --`;

/** A body as text, and the codes that the answer may carry. */
interface Bad {
  readonly what: string;
  readonly body: string;
  readonly codes: readonly string[];
}

let database: TestDatabase;
let service: Service;
let description: Description;

beforeAll(async () => {
  database = await createDatabase();
  service = await startService({
    DB_TYPE: 'postgresql',
    DATABASE_URL: database.url,
    MIGRATE_ON_START: 'true',
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
  });
  description = await Description.of(service.url);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

/** How many rows each table holds. */
async function rows(): Promise<readonly object[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' ORDER BY 1`,
  );
  return database.query(
    tables
      .map(({ name }) => `SELECT '${name}' AS name, count(*) FROM "${name}"`)
      .join(' UNION ALL '),
  );
}

function request(operation: Operation, body: string, mediaType = 'application/json') {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `no-${name}`);
  const headers = { 'content-type': mediaType, 'idempotency-key': randomUUID() };
  return { operation, path, headers, body };
}

async function refused(operation: Operation, { what, body, codes }: Bad, mediaType?: string) {
  const answer = await send(service.url, request(operation, body, mediaType));
  const { code } = JSON.parse(answer.text) as { code: string };
  const fault = description.fault(operation, answer);
  const told = { what, fault, mediaType: answer.mediaType, code };
  expect(told).toEqual({
    what,
    fault: null,
    mediaType: 'application/problem+json',
    code: codes.includes(code) ? code : codes,
  });
}

function operationsWithBody(): readonly (Operation & {
  readonly body: { readonly schema: Schema };
})[] {
  return description.operations.flatMap((operation) =>
    operation.body ? [{ ...operation, body: operation.body }] : [],
  );
}

/** The example of the operation with one member replaced; the replacement is JSON text. */
function replaced(example: object, name: string, text: string | null): string {
  const members = Object.entries({ ...example, [name]: undefined }).flatMap(([key, value]) => {
    if (key !== name) return [`${JSON.stringify(key)}:${JSON.stringify(value)}`];
    return text === null ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join()}}`;
}

function badBodies(operation: Operation): readonly Bad[] {
  const { body } = operation;
  if (!body) return [];
  const example = body.example as object;
  const { properties = {}, required = [] } = description.resolve(body.schema);
  const invalid = ['VALIDATION_FAILED'];
  return [
    ...['null', 'true', '1', '"text"', '[]'].map((text) => ({
      what: text,
      body: text,
      codes: invalid,
    })),
    { what: 'an unknown member', body: replaced(example, 'unknown', '1'), codes: invalid },
    {
      what: '__proto__',
      body: replaced(example, '__proto__', '{"admin":true}'),
      codes: ['JSON_PROTOTYPE_KEY'],
    },
    ...required.map((name) => ({
      what: `no ${name}`,
      body: replaced(example, name, null),
      codes: invalid,
    })),
    ...Object.entries(properties).flatMap(([name, schema]) =>
      badMembers(name, schema, example).map((bad) => ({ ...bad, what: `${name}: ${bad.what}` })),
    ),
  ];
}

function badMembers(name: string, schema: Schema, example: object): readonly Bad[] {
  const bad = (what: string, text: string, ...codes: string[]): Bad => ({
    what,
    body: replaced(example, name, text),
    codes,
  });
  return [
    ...wrongTypes(schema).map((text) => bad(text.slice(0, 40), text, 'VALIDATION_FAILED')),
    bad('a NUL', '"a\\u0000b"', 'JSON_NUL_CHARACTER'),
    bad('a NUL in a key', '{"a\\u0000":1}', 'JSON_NUL_CHARACTER'),
    bad('half a surrogate pair', '"\\ud800"', 'JSON_LONE_SURROGATE'),
    bad('a number that changes', '9007199254740993', 'JSON_NUMBER_NOT_REPRESENTABLE'),
    bad('a number without end', '1e400', 'JSON_NUMBER_NOT_REPRESENTABLE'),
    bad('nested too deeply', `${'['.repeat(600)}${']'.repeat(600)}`, 'JSON_TOO_DEEP'),
    bad('a prototype key', '{"a":{"__proto__":{}}}', 'JSON_PROTOTYPE_KEY'),
    bad('a constructor', '{"constructor":{"prototype":{}}}', 'JSON_PROTOTYPE_KEY'),
    bad('a key twice', '{"a":1,"a":2}', 'JSON_DUPLICATE_KEY'),
    bad('too large', `"${'x'.repeat(2 * MIB)}"`, 'BODY_TOO_LARGE'),
  ];
}

/** Values that do not fit; none for a member that takes any JSON. */
function wrongTypes(schema: Schema): readonly string[] {
  const { anyOf, type, enum: values, const: constant } = description.resolve(schema);
  if (anyOf) {
    const texts = anyOf.map((each) => wrongTypes(each));
    return (texts[0] ?? []).filter((text) => texts.every((others) => others.includes(text)));
  }
  if (values || constant !== undefined) return ['null', '1', 'true', '[]', '{}', '"NO SUCH VALUE"'];
  switch (type) {
    case 'string':
      return ['null', '1', 'true', '[]', '{}', `"${'x'.repeat(70_000)}"`];
    case 'integer':
    case 'number':
      return ['null', '"1"', 'true', '[]', '{}', '-1e300'];
    case 'boolean':
      return ['null', '"true"', '1', '[]', '{}'];
    case 'object':
      return ['null', '"{}"', '1', 'true', '[]'];
    case 'null':
      return ['1', 'true', '[]', '{}', `"${'x'.repeat(70_000)}"`, '"1"'];
    default:
      return [];
  }
}

describe('bad input', () => {
  it('meets every operation that takes a body', () => {
    expect(operationsWithBody().length).toBeGreaterThanOrEqual(10);
  });

  it('is refused with a code, whatever is wrong, and nothing is stored', async () => {
    const before = await rows();
    let sent = 0;
    for (const operation of operationsWithBody()) {
      for (const bad of badBodies(operation)) {
        await refused(operation, bad);
        sent += 1;
      }
    }
    expect(sent).toBeGreaterThan(500);
    expect(await rows()).toEqual(before);
  }, 120_000);

  it('is refused when it is not JSON, or not called JSON', async () => {
    const before = await rows();
    for (const operation of operationsWithBody()) {
      const example = JSON.stringify(operation.body.example);
      for (const body of ['', '{', 'text', `${example}x`, '\uFEFF{}x']) {
        await refused(operation, { what: body, body, codes: ['BODY_MALFORMED'] });
      }
      for (const mediaType of ['text/plain', 'application/xml', 'multipart/form-data']) {
        const bad = { what: mediaType, body: example, codes: ['MEDIA_TYPE_UNSUPPORTED'] };
        await refused(operation, bad, mediaType);
      }
    }
    expect(await rows()).toEqual(before);
  });

  it('that is SQL is data, or refused', async () => {
    const tables = (await rows()).length;
    for (const operation of operationsWithBody()) {
      const example = operation.body.example as object;
      const { properties = {} } = description.resolve(operation.body.schema);
      for (const name of Object.keys(properties)) {
        const body = replaced(example, name, JSON.stringify(SQL));
        const answer = await send(service.url, request(operation, body));
        expect({ name, fault: description.fault(operation, answer) }).toEqual({
          name,
          fault: null,
        });
      }
    }
    for (const operation of description.operations.filter(({ path }) => path.includes('{'))) {
      const path = operation.path.replaceAll(/\{\w+\}/g, encodeURIComponent(SQL));
      const body = operation.body && JSON.stringify(operation.body.example);
      const sent = { ...request(operation, body ?? ''), path };
      const answer = await send(service.url, sent);
      expect({ path, fault: description.fault(operation, answer) }).toEqual({ path, fault: null });
    }
    expect((await rows()).length).toBe(tables);
    const stored = await database.query<{ portfolio_id: string }>(
      'SELECT portfolio_id FROM proposal_records WHERE portfolio_id = $1',
      [SQL],
    );
    expect(stored).toEqual([{ portfolio_id: SQL }]);
  });

  it('leaves the process alive', async () => {
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(service.process.exitCode).toBeNull();
  });
});
