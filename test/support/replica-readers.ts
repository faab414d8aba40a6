import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { eventually } from './eventually.js';
import type { Service } from './service.js';

/** A replica in `GET /health`. */
export interface ReplicaCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly code?: string;
  readonly lag_ms?: number;
  readonly failing_since?: string;
}

interface Health {
  readonly status: string;
  readonly checks: Readonly<Record<string, ReplicaCheck>>;
  readonly replicas: readonly ReplicaCheck[];
}

export async function healthOf({ url }: Service): Promise<Health> {
  return (await (await fetch(`${url}/health`)).json()) as Health;
}

/** Until every replica is read from. */
export async function inUse(service: Service): Promise<void> {
  await eventually(async () => {
    const { replicas } = await healthOf(service);
    expect(replicas.map(({ ok }) => ok)).not.toContain(false);
    expect(replicas.length).toBeGreaterThan(0);
  });
}

/** Somebody at an address, seen through a proxy. */
export class Client {
  constructor(
    readonly service: Service,
    private readonly address: string = randomUUID(),
  ) {}

  async get(path: string, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(this.service.url + path, {
      headers: { 'x-forwarded-for': this.address, ...headers },
    });
    return { status: response.status, body: (await response.json()) as never };
  }

  async record(id: string = randomUUID(), portfolio = 'pf-1') {
    const response = await fetch(`${this.service.url}/rebalance/runs`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': this.address,
        'idempotency-key': `key-${id}`,
      },
      body: JSON.stringify({
        rebalance_run_id: id,
        correlation_id: `order-${id}`,
        request_hash: id,
        portfolio_id: portfolio,
        status: 'READY',
        result: {},
      }),
    });
    expect(response.status).toBe(201);
    return { id, token: response.headers.get('x-consistency-token') ?? '' };
  }

  async listed(portfolio: string): Promise<readonly string[]> {
    const { status, body } = await this.get(`/rebalance/runs?portfolio_id=${portfolio}&limit=100`);
    expect(status).toBe(200);
    const { items } = body as { items: { rebalance_run_id: string }[] };
    return items.map((run) => run.rebalance_run_id);
  }
}
