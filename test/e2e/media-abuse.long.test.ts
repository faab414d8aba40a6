import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AbuseCase } from '../support/abuse/abuse-case.js';
import { exchange } from '../support/abuse/exchange.js';
import { codeOf, expectForm } from '../support/abuse/judged-answer.js';
import { inertCases } from '../support/abuse/media/inert.cases.js';
import { leavingCases } from '../support/abuse/media/leaving.cases.js';
import { file, ingest, PASSWORD } from '../support/abuse/media/form.js';
import { type MediaStage, SLOTS, startMediaStage } from '../support/abuse/media/media-stage.js';
import { storingCases } from '../support/abuse/media/storing.cases.js';
import { takingCases } from '../support/abuse/media/taking.cases.js';
import { eventually } from '../support/eventually.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { photoOf, sha256Of } from '../support/media/photo.js';
import { roomInWindow } from '../support/rate-limit.js';

/** A whole run, which no window of the rate limit ends within. */
const RUN_MS = 180_000;

/** For what is removed after an answer, or after nobody is there to be answered. */
const SETTLED_MS = 5000;

/** Of a file that everybody may have: it runs nothing. */
const OF_FILES = "sandbox; default-src 'none'; frame-ancestors 'none'";

interface LogLine {
  readonly level: string;
  readonly event?: string;
  readonly code?: string;
}

await roomInWindow(RUN_MS);
const stage: MediaStage = await startMediaStage();
const table: readonly AbuseCase<MediaStage>[] = [...takingCases, ...storingCases];
const tries = table.length + leavingCases.length + inertCases.length;

afterAll(async () => {
  await stage.close();
  console.log(`${tries} cases of abuse of the media store against one process`);
});

let before: string;
beforeAll(async () => {
  before = await stage.digest();
});

/**
 * A job that has failed, and is told as such, is all that may be left; its file is removed soon. What one row has changed
 * is not told of the next.
 */
async function expectUnchanged(): Promise<void> {
  const expected = before;
  await eventually(async () => {
    before = await stage.digest();
    expect(before).toBe(expected);
  }, SETTLED_MS);
}

async function judge({ send, status, code }: AbuseCase<MediaStage>): Promise<void> {
  let last;
  const all = await send(stage);
  for (const sent of all) {
    const { answers, isOver } = await exchange(stage.service.url, sent);
    expect([answers.length, isOver]).toEqual([1, true]);
    [last] = answers;
  }
  const isHead = status >= 400 && code === null;
  expect([last?.status, codeOf(last)]).toEqual([status, code]);
  if (!last) throw new Error('there is no answer');
  if (!isHead) expectForm(last, all.at(-1)?.bytes.toString('latin1') ?? '', OF_FILES);
  if (status === 200) expect(last.headers.get('content-length')).toBe(String(stage.live.bytes));
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

describe('a client that leaves', () => {
  it.each(leavingCases)('$name leaves nothing behind', async ({ act }) => {
    await act(stage);
    await eventually(async () => {
      const [{ open } = { open: -1 }] = await stage.query<{ readonly open: number }>(
        "SELECT count(*)::int AS open FROM job_history WHERE status = 'pending'",
      );
      expect(open).toBe(0);
    }, SETTLED_MS);
    await expectUnchanged();
  });

  it('a provider that takes too long leaves nothing behind', async () => {
    const sent = ingest([PASSWORD, file(photoOf(2000))], {}, SLOTS.slow);
    const [answer] = (await exchange(stage.service.url, sent)).answers;
    expect([answer?.status, codeOf(answer)]).toEqual([504, 'PROVIDER_TIMEOUT']);
    await expectUnchanged();
  });

  it('a photo that comes a byte at a time leaves nothing behind', async () => {
    const { bytes } = ingest([PASSWORD, file(photoOf(400))]);
    const slowly = { bytes, pauseMs: 50, withinMs: 60_000 };
    const { answers } = await exchange(stage.service.url, slowly);
    expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [504, 'PROVIDER_TIMEOUT'],
    ]);
    await expectUnchanged();
  });
});

describe('what is taken for a photo', () => {
  it.each(inertCases)('does no harm, with $name', async ({ photo, sent }) => {
    const [answer] = (await exchange(stage.service.url, sent(photo))).answers;
    expect([answer?.status, codeOf(answer)]).toEqual([200, null]);
    expect(answer?.headers.get('content-type')).toBe('image/jpeg');
    expect(answer?.headers.get('x-content-type-options')).toBe('nosniff');
    const job = answer?.headers.get('x-job-id') ?? '';
    expect(job).toMatch(/^[\da-f-]{36}$/);
    const result = await fetch(`${stage.service.url}/public/results/${job}`);
    expect(sha256Of(Buffer.from(await result.arrayBuffer()))).toBe(sha256Of(photo));
    expect(Object.fromEntries(result.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': OF_FILES,
      'content-disposition': `inline; filename="${job}.jpg"`,
    });
    const [row] = await stage.query<{ readonly path: string; readonly expires_at: Date }>(
      `SELECT path, expires_at FROM media_object WHERE job_id = '${job}' AND scope = 'result'`,
    );
    expect(row?.path).toMatch(/^result\/\d{4}-\d\d-\d\d\/[\da-f-]{36}$/);
    expect(row?.expires_at.getFullYear()).toBeLessThan(2999);
  });

  it('is shown in a gallery whose words are no markup', async () => {
    const name = `"><script>alert(1)</script><img src=x onerror=alert(2)>`;
    const { url } = stage.service;
    const { version } = (await (
      await fetch(`${url}/api/slots/${SLOTS.open}`, { headers: stage.admin })
    ).json()) as { readonly version: number };
    const named = await fetch(`${url}/api/slots/${SLOTS.open}`, {
      method: 'PUT',
      headers: { ...stage.admin, 'content-type': 'application/json' },
      body: JSON.stringify({ version, display_name: name }),
    });
    expect(named.status).toBe(200);
    const page = await fetch(`${url}/public/slots/${SLOTS.open}`);
    const text = await page.text();
    expect(text).toContain('/public/results/');
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img src=x');
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'sha256-[^']+';/);
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    await openSlot(url, {}, SLOTS.open, stage.admin);
  });
});

describe('after all of it', () => {
  it('the table has a row for everything that may be tried', () => {
    expect(tries).toBeGreaterThanOrEqual(40);
    const names = table.map(({ category, name }) => `${category}: ${name}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('the log holds no password, no hash of it, and no line that somebody has written', () => {
    const output = stage.service.output();
    expect(output).not.toContain(INGEST_PASSWORD);
    expect(output).not.toContain(stage.passwordHash);
    const lines = output.split('\n').filter((line) => line !== '');
    const errors = lines
      .map((line) => JSON.parse(line) as LogLine)
      // What holds the machine up is no abuse.
      .filter(({ level, event }) => ['error', 'fatal'].includes(level) && event !== 'ready.lost');
    // Of those that were to take too long.
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter(({ code }) => code !== 'PROVIDER_TIMEOUT')).toEqual([]);
  });
});
