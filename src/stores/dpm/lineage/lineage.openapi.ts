import { withIdempotencyKey } from '../../keyed-requests.openapi.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as examples from './lineage.examples.js';
import * as responses from './lineage.responses.js';
import '../dpm.reasons.js';

export const append = withIdempotencyKey({
  summary: 'Append an edge',
  description:
    'Edges are never changed. The same edge with the same metadata may be sent again; with other metadata it answers LINEAGE_EDGE_CONFLICT.',
  example: examples.appendExample,
  returns: {
    201: {
      description: 'Appended.',
      schema: responses.EdgeBody,
      example: examples.edgeExample,
    },
    200: {
      description: 'It was there already; this is the stored edge.',
      schema: responses.EdgeBody,
      example: examples.edgeExample,
    },
  },
  errors: ['LINEAGE_EDGE_CONFLICT', 'LINEAGE_METADATA_TOO_LARGE'],
});

export const edges: OperationDescription = {
  summary: 'List the edges of an entity, oldest first',
  description:
    'Outgoing edges have the entity as source, incoming ones as target. An unknown entity has none. Percent-encode what the path cannot hold, / as %2F. Follow next_cursor until it is null.',
  returns: {
    200: {
      description: 'The oldest of them, up to limit and to 2 MiB.',
      schema: responses.EdgesBody,
      example: examples.edgesExample,
    },
  },
  errors: ['CURSOR_INVALID'],
};

export const walk: OperationDescription = {
  summary: 'Walk along the edges from an entity',
  description:
    'Every edge within max_depth steps, each once and at its least depth; nearest first, then oldest first. Circles end. Outgoing goes from source to target, incoming from target to source, both along any edge. A walk that is truncated has no next page: list the edges of the entities that it came to, or walk on from them.',
  returns: {
    200: {
      description: 'The nearest of them, up to limit and to 2 MiB.',
      schema: responses.WalkBody,
      example: examples.walkExample,
    },
  },
};
