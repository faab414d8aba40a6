import { randomUUID } from 'node:crypto';
import { bearer } from './tokens.js';

const CALLERS = 8;

/** What is done all the time, and how it went. */
export interface SteadyCallers {
  /** Answers so far, of which none failed unless `failures` says so. */
  readonly answered: () => number;
  /** How often each thing went wrong: a status, a code, an error of the connection. */
  readonly failures: Readonly<Record<string, number>>;
  /** When each answer came, as `performance.now()` tells it, and after how many milliseconds. */
  readonly latencies: readonly { readonly at: number; readonly ms: number }[];
  /** Waits until each kind of request has been answered some more times. */
  readonly more: () => Promise<void>;
  /** Ends after the requests that are under way. */
  readonly end: () => Promise<void>;
}

/** Requests between two looks, for each caller. */
const ROUNDS = 12;

/**
 * Creates proposals, reads them, and goes through lists page by page, over connections that stay open.
 * @param tokenOf of a caller, asked for each request; without it callers name themselves
 */
export function steadyCallers(
  url: string,
  tokenOf?: (caller: number) => string | Promise<string>,
): SteadyCallers {
  const failures: Record<string, number> = {};
  const rounds = Array.from({ length: CALLERS }, () => 0);
  const latencies: { readonly at: number; readonly ms: number }[] = [];
  let isOver = false;
  const call = async (caller: number, path: string, body?: object) => {
    const sentAt = performance.now();
    try {
      const response = await fetch(url + path, {
        method: body ? 'POST' : 'GET',
        headers: {
          ...(tokenOf && bearer(await tokenOf(caller))),
          ...(body && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as Readonly<Record<string, string | null>>;
      const at = performance.now();
      if (response.ok) latencies.push({ at, ms: at - sentAt });
      else fail(`${response.status} ${answer.code ?? ''}: ${answer.detail ?? ''}`);
      return answer;
    } catch (error) {
      fail(String((error as Error).cause ?? error));
      return {};
    }
  };
  const fail = (what: string) => {
    failures[what] = (failures[what] ?? 0) + 1;
  };
  const callers = rounds.map(async (_, caller) => {
    let cursor: string | null | undefined;
    while (!isOver) {
      const made = await call(caller, '/rebalance/proposals', {
        portfolio_id: `pf-${caller}`,
        ...(!tokenOf && { created_by: 'me' }),
        document: { caller },
      });
      await call(caller, `/rebalance/proposals/${made.proposal_id ?? ''}`);
      // A page goes on where the last one ended, however long ago that was handed out.
      const next = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page = await call(caller, `/rebalance/proposals?limit=1${next}`);
      cursor = page.next_cursor;
      rounds[caller] = (rounds[caller] ?? 0) + 1;
    }
  });
  const over = Promise.all(callers);
  return {
    answered: () => latencies.length,
    failures,
    latencies,
    more: async () => {
      const due = rounds.map((done) => done + ROUNDS);
      while (!isOver && rounds.some((done, caller) => done < (due[caller] ?? 0)))
        await new Promise((resolve) => setTimeout(resolve, 20));
    },
    end: async () => {
      isOver = true;
      await over;
    },
  };
}
