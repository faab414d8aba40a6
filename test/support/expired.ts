import type Sqlite from 'better-sqlite3';
import { storedTime } from '@holdfast/core/instant';
import type { TestDatabase } from '@holdfast/testing/temporary-database';

type Execute = TestDatabase['query'];

const DAY_MS = 86_400_000;

/** A record of that many days ago, as the databases keep it. */
export function daysAgo(days: number): string {
  return storedTime(new Date(Date.now() - days * DAY_MS).toISOString());
}

/** Runs statements on an SQLite file as `TestDatabase.query` does on PostgreSQL. */
export function queryOf(file: Sqlite.Database): Execute {
  return <Row extends object>(sql: string) => {
    const statement = file.prepare<[], Row>(sql);
    if (statement.reader) return Promise.resolve(statement.all());
    statement.run();
    return Promise.resolve([]);
  };
}

/** The records that `holdfast purge` is about, written past the service, in SQL of both dialects. */
export class DpmRecords {
  constructor(private readonly execute: Execute) {}

  /** Runs, each with a key that was used twice and two decisions; they are new until they are whole, and none is purged before. */
  async addRuns(name: string, count: number, at: string): Promise<void> {
    await this.insert(
      'dpm_runs (rebalance_run_id, correlation_id, request_hash, portfolio_id, status, result, decisions_count, created_at)',
      `'${name}-' || i, '${name}-' || i, 'hash', 'portfolio', 'PENDING_REVIEW', 'null', 2, '${daysAgo(0)}'`,
      count,
    );
    await this.insert(
      'dpm_run_idempotency (idempotency_key, body_hash, rebalance_run_id, uses)',
      `'${name}-' || i, 'hash', '${name}-' || i, 2`,
      count,
    );
    for (const number of [1, 2]) {
      await this.insert(
        'dpm_run_idempotency_history (idempotency_key, use_no, outcome, body_hash, correlation_id, occurred_at)',
        `'${name}-' || i, ${number}, 'RECORDED', 'hash', '${name}-' || i, '${at}'`,
        count,
      );
      await this.insert(
        'dpm_workflow_decisions (decision_id, rebalance_run_id, sequence_no, action, reason_code, actor_id, created_at)',
        `'${name}-' || i || '-${number}', '${name}-' || i, ${number}, 'REQUEST_CHANGES', 'R', 'actor', '${at}'`,
        count,
      );
    }
    await this.execute(
      `UPDATE dpm_runs SET created_at = '${at}' WHERE rebalance_run_id LIKE '${name}-%'`,
    );
  }

  /** @param finishedAt null for operations that run */
  async addOperations(name: string, count: number, at: string, finishedAt: string | null) {
    await this.insert(
      'dpm_async_operations (operation_id, operation_type, status, correlation_id, created_at, started_at, finished_at)',
      `'${name}-' || i, 'TYPE', ${finishedAt ? `'SUCCEEDED'` : `'RUNNING'`}, '${name}-' || i, '${at}', '${at}',
       ${finishedAt ? `'${finishedAt}'` : 'NULL'}`,
      count,
    );
  }

  async addEdges(name: string, count: number, at: string): Promise<void> {
    await this.insert(
      'dpm_lineage_edges (edge_id, source, edge_type, target, metadata, created_at)',
      `'${name}-' || i, '${name}', 'MADE', '${name}-' || i, '{}', '${at}'`,
      count,
    );
  }

  /** Answers that are kept under keys, of both stores that keep them. */
  async addKeys(name: string, count: number, at: string): Promise<void> {
    for (const table of ['dpm_request_keys', 'proposal_request_keys']) {
      await this.insert(
        `${table} (idempotency_key, request_hash, answer, created_at)`,
        `'${name}-' || i, 'hash', '{}', '${at}'`,
        count,
      );
    }
  }

  /** How many rows each table has, those without a row left out, by the name they were added under. */
  async left(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    const found: Record<string, Record<string, number>> = {};
    for (const [table, id] of TABLES) {
      const rows = await this.execute<{ id: string }>(`SELECT ${id} AS id FROM ${table}`);
      for (const row of rows) {
        const name = row.id.split('-', 1)[0] ?? '';
        const counts = (found[table] ??= {});
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
    return found;
  }

  private async insert(into: string, values: string, count: number): Promise<void> {
    await this.execute(
      `WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count})
       INSERT INTO ${into} SELECT ${values} FROM numbers`,
    );
  }
}

const TABLES = [
  ['dpm_runs', 'rebalance_run_id'],
  ['dpm_run_idempotency', 'idempotency_key'],
  ['dpm_run_idempotency_history', 'idempotency_key'],
  ['dpm_workflow_decisions', 'rebalance_run_id'],
  ['dpm_async_operations', 'operation_id'],
  ['dpm_lineage_edges', 'edge_id'],
  ['dpm_request_keys', 'idempotency_key'],
  ['proposal_request_keys', 'idempotency_key'],
] as const;

/** What is left of that many runs. */
export function rowsOfRuns(name: string, runs: number) {
  return {
    dpm_runs: { [name]: runs },
    dpm_run_idempotency: { [name]: runs },
    dpm_run_idempotency_history: { [name]: 2 * runs },
    dpm_workflow_decisions: { [name]: 2 * runs },
  };
}
