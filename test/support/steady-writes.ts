import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Service } from './service.js';

const WRITERS = 4;

/** A write that was answered; times as `performance.now()` tells them. */
export interface Write {
  readonly id: string;
  readonly sentAt: number;
  readonly status: number;
  readonly code?: string;
}

/** Creates proposals all the time, until it is told to end or the service is gone. */
export function steadyWrites({ url }: Service) {
  const writes: Write[] = [];
  let isOver = false;
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let no = 0; !isOver; no += 1) {
      const sentAt = performance.now();
      const response = await fetch(`${url}/rebalance/proposals`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `${writer}-${no}` },
        body: JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: { no } }),
      });
      const body = (await response.json()) as { proposal_id: string; code?: string };
      const { proposal_id: id, code } = body;
      writes.push({ id, sentAt, status: response.status, ...(code !== undefined && { code }) });
      if (response.status !== 201) await wait(20);
    }
  });
  return {
    writes,
    end: async () => {
      isOver = true;
      await Promise.all(writers);
    },
  };
}

/** Of all proposals, as whoever opens the file next finds them. */
export function proposalsIn(path: string): readonly string[] {
  const file = new Sqlite(path, { fileMustExist: true });
  try {
    return file.prepare<[], string>('SELECT proposal_id FROM proposal_records').pluck().all();
  } finally {
    file.close();
  }
}
