import type { Write } from './client.js';

/** What of a client's log is not, or not once, in the database. */
export interface Replayed {
  readonly acknowledged: number;
  /** Keys of acknowledged writes that are not there as they were acknowledged. */
  readonly lost: readonly string[];
  /** Keys under which something was stored more than once. */
  readonly duplicates: readonly string[];
}

type Query = (sql: string) => Promise<{ readonly key: string; readonly id: string }[]>;

const TABLES = {
  proposal: { table: 'proposal_records', id: 'proposal_id' },
  run: { table: 'dpm_runs', id: 'rebalance_run_id' },
} as const;

/** Each write carries its idempotency key as its portfolio, too. */
export async function replay(writes: readonly Write[], query: Query): Promise<Replayed> {
  const stored = new Map<string, string[]>();
  for (const [kind, { table, id }] of Object.entries(TABLES)) {
    const rows = await query(`SELECT portfolio_id AS key, ${id} AS id FROM ${table}`);
    for (const row of rows) {
      const key = `${kind} ${row.key}`;
      stored.set(key, [...(stored.get(key) ?? []), row.id]);
    }
  }
  const acknowledged = writes.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
  const idsOf = ({ kind, key }: Write) => stored.get(`${kind} ${key}`) ?? [];
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged
      .filter((write) => !idsOf(write).includes(write.id ?? ''))
      .map(({ key }) => key),
    duplicates: writes.filter((write) => idsOf(write).length > 1).map(({ key }) => key),
  };
}
