import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AbuseCase } from '../support/abuse/abuse-case.js';
import { actingCases } from '../support/abuse/acting.cases.js';
import { boundCases } from '../support/abuse/bounds.cases.js';
import { contentCases } from '../support/abuse/content.cases.js';
import { exchange, type RawAnswer } from '../support/abuse/exchange.js';
import { floodCases, slowCases } from '../support/abuse/floods.cases.js';
import { injectionCases } from '../support/abuse/injection.cases.js';
import { codeOf, expectForm } from '../support/abuse/judged-answer.js';
import { pathCases } from '../support/abuse/paths.cases.js';
import { routeCases, routesOf } from '../support/abuse/routes.cases.js';
import { smugglingCases } from '../support/abuse/smuggling.cases.js';
import { startStage } from '../support/abuse/stage.js';
import { tokenCases } from '../support/abuse/tokens.cases.js';
import { roomInWindow } from '../support/rate-limit.js';
import { SIGNING_KEY } from '../support/tokens.js';

/** A whole run, which no window of the rate limit ends within. */
const RUN_MS = 120_000;

await roomInWindow(RUN_MS);
const stage = await startStage();
const routes = await routesOf(stage);
const table: readonly AbuseCase[] = [
  ...tokenCases,
  ...routeCases(routes),
  ...actingCases,
  ...boundCases,
  ...pathCases,
  ...smugglingCases,
  ...contentCases,
  ...injectionCases,
  ...floodCases,
];

let before: string;
let slow: readonly { readonly row: AbuseCase; readonly done: Promise<void> }[];

beforeAll(async () => {
  before = await stage.digest();
  slow = slowCases.map((row) => ({ row, done: judge(row) }));
  for (const { done } of slow) done.catch(() => undefined);
});

afterAll(async () => {
  await stage.close();
  console.log(`${table.length + slowCases.length} cases of abuse against one process`);
});

/** What one row has changed is not told of the next. */
async function expectUnchanged(): Promise<void> {
  const expected = before;
  before = await stage.digest();
  expect(before).toBe(expected);
}

/** Sends what a row sends, and holds each answer against what any answer has to be. */
async function judge({ send, status, code }: AbuseCase): Promise<void> {
  const all = await send(stage);
  let last: RawAnswer | undefined;
  for (const sent of all) {
    const { answers, isOver } = await exchange(stage.service.url, sent);
    expect([answers.length, isOver]).toEqual([1, true]);
    [last] = answers;
    if (last) expectForm(last, sent.bytes.toString('latin1'));
    expect(last?.status).toBeLessThan(500);
  }
  expect([last?.status, codeOf(last)]).toEqual([status, code]);
}

describe.each([...new Set(table.map(({ category }) => category))])('%s', (category) => {
  it.each(table.filter((row) => row.category === category))(
    '$name: $status $code, and nothing has changed',
    async (row) => {
      try {
        await judge(row);
      } finally {
        await expectUnchanged();
      }
      expect((await fetch(`${stage.service.url}/health/live`)).status).toBe(200);
    },
  );
});

describe('a slow client', () => {
  it.each(slowCases.map(({ name }, at) => [name, at] as const))(
    '%s is told so, and left; others have been answered meanwhile',
    async (_, at) => {
      await slow[at]?.done;
      await expectUnchanged();
    },
    RUN_MS,
  );
});

describe('after all of it', () => {
  it('the table has a row for everything that may be tried', () => {
    expect(table.length).toBeGreaterThanOrEqual(80);
    const names = table.map(({ category, name }) => `${category}: ${name}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('the log has a line of its own for each request, none that somebody has written, and no secret', () => {
    const lines = stage.service
      .output()
      .split('\n')
      .filter((line) => line !== '');
    const events = lines.map(
      (line) => JSON.parse(line) as { readonly event?: string; readonly level: string },
    );
    expect(events.filter(({ event }) => event === 'forged')).toEqual([]);
    // What holds the machine up is no abuse.
    const faults = events.filter(({ event, level }) => level === 'error' && event !== 'ready.lost');
    expect([...faults, ...events.filter(({ level }) => level === 'fatal')]).toEqual([]);
    expect(events.filter(({ event }) => event === 'request.completed').length).toBeGreaterThan(
      table.length / 2,
    );
    expect(stage.service.output()).not.toContain(SIGNING_KEY);
    expect(stage.service.output()).not.toMatch(/eyJ[\w-]{10,}\./);
  });
});
