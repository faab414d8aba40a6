import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { DIRECTIONS, type LineageEdge } from './edge.js';
import type { WalkedEdge } from './lineage.repository.js';

export const EdgeBody = lazySchema(() =>
  z
    .strictObject({
      edge_id: z.string(),
      source: z.string(),
      edge_type: z.string(),
      target: z.string(),
      metadata: z.unknown(),
      created_at: z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }),
    })
    .meta({ id: 'LineageEdge' }),
);

const truncated = lazySchema(() =>
  z
    .boolean()
    .meta({ description: 'Whether there are more edges than the limit, or 2 MiB, let through.' }),
);

export const EdgesBody = lazySchema(() =>
  z
    .strictObject({
      entity_id: z.string(),
      direction: z.enum(DIRECTIONS),
      items: z.array(EdgeBody()),
      truncated: truncated(),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: 'LineageEdges' }),
);

export const WalkBody = lazySchema(() =>
  z
    .strictObject({
      entity_id: z.string(),
      direction: z.enum(DIRECTIONS),
      max_depth: z.int(),
      items: z.array(
        z
          .strictObject({
            depth: z.int().meta({ description: 'Least number of steps that end with this edge.' }),
            ...EdgeBody().shape,
          })
          .meta({ id: 'WalkedLineageEdge' }),
      ),
      truncated: truncated(),
    })
    .meta({ id: 'LineageWalk' }),
);

export function edgeBody(edge: LineageEdge): z.output<ReturnType<typeof EdgeBody>> {
  return {
    edge_id: edge.edgeId,
    source: edge.source,
    edge_type: edge.edgeType,
    target: edge.target,
    metadata: edge.metadata,
    created_at: edge.createdAt,
  };
}

export function walkedBody({ depth, edge }: WalkedEdge) {
  return { depth, ...edgeBody(edge) };
}
