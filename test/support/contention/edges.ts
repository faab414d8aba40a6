import { expect } from '@jest/globals';
import { type Query, send, type Subject, type Write } from './subject.js';

interface Edge {
  readonly edge_id: string;
  readonly metadata: { readonly variant: number };
}

interface EdgeRow {
  readonly edge_id: string;
  readonly source: string;
  readonly edge_type: string;
  readonly target: string;
  readonly metadata: string | object;
}

/** The same few edges, mostly with the same metadata. */
export class Edges implements Subject {
  readonly #appended = new Map<string, Edge>();
  /** Answers that the edge was there, which may come before that of its own append. */
  readonly #repeated: (readonly [triple: string, edge: Edge])[] = [];

  async write(write: Write): Promise<void> {
    const { random } = write;
    const [source, target] = [`node-${random.below(6)}`, `node-${random.below(6)}`];
    const edge_type = random.pick(['CAUSED', 'USED']);
    const metadata = { variant: random.oneIn(4) ? 1 : 0 };
    const reply = await send<Edge>(
      write,
      ['POST', '/rebalance/lineage/edges'],
      { body: { source, target, edge_type, metadata } },
      ['201', '200', '409 LINEAGE_EDGE_CONFLICT'],
    );
    if (!reply.acknowledged) return;
    const triple = `${source} ${edge_type} ${target}`;
    const { edge_id } = reply.body;
    if (reply.outcome === '200') {
      this.#repeated.push([triple, { edge_id, metadata }]);
    } else {
      expect(this.#appended.has(triple)).toBe(false);
      this.#appended.set(triple, { edge_id, metadata });
    }
  }

  async check(query: Query): Promise<void> {
    const rows = await query<EdgeRow>('SELECT * FROM dpm_lineage_edges');
    expect(rows).toHaveLength(this.#appended.size);
    for (const { source, edge_type, target, edge_id, metadata } of rows) {
      expect(this.#appended.get(`${source} ${edge_type} ${target}`)).toEqual({
        edge_id,
        metadata: typeof metadata === 'string' ? (JSON.parse(metadata) as object) : metadata,
      });
    }
    for (const [triple, edge] of this.#repeated) {
      expect(this.#appended.get(triple)).toEqual(edge);
    }
  }
}
