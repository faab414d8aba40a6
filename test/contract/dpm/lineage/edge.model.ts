import type { Direction, LineageEdge } from '../../../../src/stores/dpm/lineage/edge.js';
import type { WalkedEdge } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import { newestFirst } from '../../list-model.js';

/** What a lineage is, in as few words as possible. */
export class LineageModel {
  edges: readonly LineageEdge[] = [];

  append(edge: LineageEdge): LineageEdge | null {
    const same = this.edges.find(
      ({ source, edgeType, target }) =>
        source === edge.source && edgeType === edge.edgeType && target === edge.target,
    );
    if (same) return same;
    this.edges = [...this.edges, edge].toSorted(oldestFirst);
    return null;
  }

  edgesOf(entityId: string, direction: Direction, limit: number): readonly LineageEdge[] {
    return this.edges
      .filter(({ source, target }) =>
        [
          ...(direction === 'incoming' ? [] : [source]),
          ...(direction === 'outgoing' ? [] : [target]),
        ].includes(entityId),
      )
      .slice(0, limit);
  }

  /** Distances are lowered until none can be: nothing like the search of the implementations. */
  walk(
    entityId: string,
    direction: Direction,
    maxDepth: number,
    limit: number,
  ): readonly WalkedEdge[] {
    const distances = new Map([[entityId, 0]]);
    const of = (node: string) => distances.get(node) ?? Infinity;
    const from = ({ source, target }: LineageEdge) =>
      Math.min(
        direction === 'incoming' ? Infinity : of(source),
        direction === 'outgoing' ? Infinity : of(target),
      );
    for (let changed = true; changed;) {
      changed = false;
      for (const edge of this.edges) {
        const ends = [
          ...(direction === 'incoming' ? [] : [[edge.source, edge.target] as const]),
          ...(direction === 'outgoing' ? [] : [[edge.target, edge.source] as const]),
        ];
        for (const [here, there] of ends) {
          if (of(here) + 1 >= of(there)) continue;
          distances.set(there, of(here) + 1);
          changed = true;
        }
      }
    }
    return this.edges
      .map((edge) => ({ depth: from(edge) + 1, edge }))
      .filter(({ depth }) => depth <= maxDepth)
      .toSorted((one, other) => one.depth - other.depth || oldestFirst(one.edge, other.edge))
      .slice(0, limit);
  }

  expired(before: string): readonly LineageEdge[] {
    return this.edges.filter(({ createdAt }) => Date.parse(createdAt) < Date.parse(before));
  }

  purge(before: string, limit: number): number {
    const gone = this.expired(before).slice(0, limit);
    this.edges = this.edges.filter((edge) => !gone.includes(edge));
    return gone.length;
  }
}

function oldestFirst(one: LineageEdge, other: LineageEdge): number {
  return newestFirst(
    { createdAt: other.createdAt, id: other.edgeId },
    { createdAt: one.createdAt, id: one.edgeId },
  );
}
