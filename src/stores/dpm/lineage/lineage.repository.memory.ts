import { Injectable } from '@nestjs/common';
import type { Instant } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import { MemoryKeptAnswers } from '../../kept-answers.memory.js';
import { newestFirst, type Position } from '@holdfast/core/page';
import { type Direction, type LineageEdge, positionOf } from './edge.js';
import { LineageRepository, type WalkedEdge } from './lineage.repository.js';

/** For development and tests: gone with the process. Metadata is copied in and out. */
@Injectable()
export class MemoryLineageRepository extends LineageRepository {
  /** By source, type and target. */
  readonly #edges = new Map<string, LineageEdge>();
  readonly #identifiers = new Set<string>();

  constructor(private readonly answers: MemoryKeptAnswers) {
    super();
  }

  async append(edge: LineageEdge, answer?: KeptAnswer): Promise<LineageEdge | null> {
    await Promise.resolve();
    const stored = this.#edges.get(keyOf(edge));
    if (stored) return structuredClone(stored);
    if (this.#identifiers.has(edge.edgeId)) throw new Error('the identifier exists');
    this.answers.refuseTaken(answer);
    this.answers.set(answer);
    this.#edges.set(keyOf(edge), structuredClone(edge));
    this.#identifiers.add(edge.edgeId);
    return null;
  }

  async edgesOf(
    entityId: string,
    direction: Direction,
    limit: number,
    after?: Position,
  ): Promise<readonly LineageEdge[]> {
    await Promise.resolve();
    return this.#oldestFirst()
      .filter((edge) => steps(edge, new Set([entityId]), direction).length > 0)
      .filter((edge) => !after || newestFirst(positionOf(edge), after) < 0)
      .slice(0, limit)
      .map((edge) => structuredClone(edge));
  }

  async walk(
    entityId: string,
    direction: Direction,
    maxDepth: number,
    limit: number,
  ): Promise<readonly WalkedEdge[]> {
    await Promise.resolve();
    const rest = new Set(this.#oldestFirst());
    const walked: WalkedEdge[] = [];
    let nodes = new Set([entityId]);
    for (let depth = 1; depth <= maxDepth && nodes.size > 0; depth += 1) {
      const next = new Set<string>();
      for (const edge of rest) {
        const reached = steps(edge, nodes, direction);
        if (reached.length === 0) continue;
        rest.delete(edge);
        walked.push({ depth, edge });
        for (const node of reached) next.add(node);
      }
      nodes = next;
    }
    return structuredClone(walked.slice(0, limit));
  }

  async countExpired(before: Instant): Promise<number> {
    await Promise.resolve();
    return this.#expired(before).length;
  }

  async purge(before: Instant, limit: number): Promise<number> {
    await Promise.resolve();
    const purged = this.#expired(before).slice(0, limit);
    for (const edge of purged) {
      this.#edges.delete(keyOf(edge));
      this.#identifiers.delete(edge.edgeId);
    }
    return purged.length;
  }

  #expired(before: Instant): LineageEdge[] {
    return this.#oldestFirst().filter(({ createdAt }) => createdAt < before);
  }

  #oldestFirst(): LineageEdge[] {
    return [...this.#edges.values()].sort((one, other) =>
      newestFirst(positionOf(other), positionOf(one)),
    );
  }
}

function keyOf({ source, edgeType, target }: LineageEdge): string {
  return JSON.stringify([source, edgeType, target]);
}

/** Where an edge leads from some nodes: nowhere, to one end, or to both. */
function steps(
  { source, target }: LineageEdge,
  nodes: ReadonlySet<string>,
  direction: Direction,
): string[] {
  return [
    ...(direction !== 'incoming' && nodes.has(source) ? [target] : []),
    ...(direction !== 'outgoing' && nodes.has(target) ? [source] : []),
  ];
}
