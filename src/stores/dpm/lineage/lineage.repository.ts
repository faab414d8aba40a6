import type { KeptAnswer } from '../../kept-answers.js';
import type { Position } from '@holdfast/core/page';
import { Purgeable } from '../../purgeable.js';
import type { Direction, LineageEdge } from './edge.js';

/** An edge that a walk came along. */
export interface WalkedEdge {
  /** Steps from the start to the end that the walk came from, plus one: both ways, to the nearer end. */
  readonly depth: number;
  readonly edge: LineageEdge;
}

/** The port of the lineage. Every method is atomic; what a write acknowledges is durable. */
export abstract class LineageRepository extends Purgeable {
  /**
   * Stores an edge, and with it the answer that tells of it, unless there is one of that type between
   * those two: then nothing is stored.
   * @returns the edge that was there before, or null
   * @throws KeyTakenError, and nothing is stored, when another request has the answer's key
   */
  abstract append(edge: LineageEdge, answer?: KeptAnswer): Promise<LineageEdge | null>;

  /**
   * The edges of one entity, oldest first, then by identifier by bytes, both ascending; of what is more
   * than `PAGE_BYTES` together, the first ones.
   */
  abstract edgesOf(
    entityId: string,
    direction: Direction,
    limit: number,
    after?: Position,
  ): Promise<readonly LineageEdge[]>;

  /**
   * Every edge within `maxDepth` steps of the entity, each once and at its least depth; by depth, then oldest
   * first, then by identifier. Circles end; at most `limit` edges, and as many as `edgesOf` gives.
   */
  abstract walk(
    entityId: string,
    direction: Direction,
    maxDepth: number,
    limit: number,
  ): Promise<readonly WalkedEdge[]>;
}
