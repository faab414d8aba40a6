import { describe, expect, it } from '@jest/globals';
import type { Sample, Write } from './client.js';
import { rowOf } from './figures.js';
import { replay } from './ledger.js';

const acknowledged = (key: string, id: string): Write => ({
  key,
  kind: 'proposal',
  sentAt: 1,
  acknowledgedAt: 2,
  id,
});

/** A database with these proposals, and no runs. */
const storing = (rows: readonly { key: string; id: string }[]) => (sql: string) =>
  Promise.resolve(sql.includes('proposal_records') ? [...rows] : []);

describe('the checker', () => {
  it('finds what was acknowledged and is not there', async () => {
    const writes = [acknowledged('kept', 'a'), acknowledged('lost', 'b')];
    const found = await replay(writes, storing([{ key: 'kept', id: 'a' }]));
    expect(found).toEqual({ acknowledged: 2, lost: ['lost'], duplicates: [] });
  });

  it('finds what is there, but not as it was acknowledged', async () => {
    const found = await replay([acknowledged('other', 'a')], storing([{ key: 'other', id: 'b' }]));
    expect(found.lost).toEqual(['other']);
  });

  it('finds what was stored twice, acknowledged or not', async () => {
    const never: Write = { key: 'never', kind: 'proposal', sentAt: 1 };
    const rows = ['once', 'twice', 'never'].map((key) => ({ key, id: `${key}-1` }));
    const again = ['twice', 'never'].map((key) => ({ key, id: `${key}-2` }));
    const writes = [acknowledged('once', 'once-1'), acknowledged('twice', 'twice-1'), never];
    const found = await replay(writes, storing([...rows, ...again]));
    expect(found).toEqual({ acknowledged: 2, lost: [], duplicates: ['twice', 'never'] });
  });
});

describe('the figures', () => {
  const answer = (at: number, status: number): Sample => ({ at, ms: 5, status, codes: [] });

  it('count from the fault, and from the heal to the answer that stays good', async () => {
    const ready = [
      answer(0, 200),
      answer(110, 503),
      answer(230, 200),
      answer(250, 503),
      answer(270, 200),
    ];
    const observed = {
      ready,
      live: [answer(0, 200)],
      control: [],
      writes: [],
      reads: 0,
      failures: {},
    };
    const timeline = { faultAt: 100, healingAt: 200, healedAt: 210 };
    const database = { query: <Row extends object>() => Promise.resolve([] as Row[]) };
    expect(await rowOf('case', observed, timeline, { database, pool: 'free' })).toMatchObject({
      noticed_ms: 15,
      ready_after_ms: 65,
      written_after_ms: undefined,
      slowest_live_ms: 5,
    });
  });
});
