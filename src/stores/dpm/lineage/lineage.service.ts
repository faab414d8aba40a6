import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReasonError } from '../dpm.reasons.js';
import { hashJson, jsonBytes, type JsonValue } from '@holdfast/core/json';
import { PAGE_BYTES, type Position } from '@holdfast/core/page';
import type { Keep } from '../../kept-answers.js';
import { bytesOf, type Direction, type LineageEdge, METADATA_LIMIT_BYTES } from './edge.js';
import { LineageRepository, type WalkedEdge } from './lineage.repository.js';

/** Some edges, and whether there are more. */
export interface Edges<Edge> {
  readonly items: readonly Edge[];
  readonly truncated: boolean;
}

export type AppendRequest = Pick<LineageEdge, 'source' | 'edgeType' | 'target' | 'metadata'>;

/** An edge, and whether it is new. */
export interface Appended {
  readonly edge: LineageEdge;
  readonly appended: boolean;
}

@Injectable()
export class LineageService {
  constructor(private readonly lineage: LineageRepository) {}

  /**
   * An edge that is there already, with the same metadata however written, is returned as it is.
   * @throws LINEAGE_EDGE_CONFLICT, LINEAGE_METADATA_TOO_LARGE
   */
  async append(request: AppendRequest, keep?: Keep<Appended>): Promise<Appended> {
    if (jsonBytes(request.metadata) > METADATA_LIMIT_BYTES) {
      throw new ReasonError('LINEAGE_METADATA_TOO_LARGE');
    }
    const edge = { ...request, edgeId: randomUUID(), createdAt: new Date().toISOString() };
    const made: Appended = { edge, appended: true };
    const stored = await this.lineage.append(edge, await keep?.(made));
    if (!stored) return made;
    if (isSame(stored.metadata, request.metadata)) return { edge: stored, appended: false };
    throw new ReasonError('LINEAGE_EDGE_CONFLICT');
  }

  async edgesOf(
    entityId: string,
    direction: Direction,
    limit: number,
    after?: Position,
  ): Promise<Edges<LineageEdge>> {
    const found = await this.lineage.edgesOf(entityId, direction, limit + 1, after);
    return upTo(limit, found, (edge) => edge);
  }

  async walk(
    entityId: string,
    direction: Direction,
    maxDepth: number,
    limit: number,
  ): Promise<Edges<WalkedEdge>> {
    const found = await this.lineage.walk(entityId, direction, maxDepth, limit + 1);
    return upTo(limit, found, ({ edge }) => edge);
  }
}

/** @param found what was found when one more than the limit was asked for */
function upTo<Edge>(
  limit: number,
  found: readonly Edge[],
  edgeOf: (item: Edge) => LineageEdge,
): Edges<Edge> {
  const items: Edge[] = [];
  let bytes = 0;
  for (const item of found.slice(0, limit)) {
    bytes += bytesOf(edgeOf(item));
    if (bytes > PAGE_BYTES) break;
    items.push(item);
  }
  return { items, truncated: items.length < found.length };
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  return hashJson(one) === hashJson(other);
}
