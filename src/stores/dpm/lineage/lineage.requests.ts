import { z } from 'zod';
import { cursor, document, identifier, wholeNumber } from '@holdfast/nest/http/fields';
import { DIRECTIONS } from './edge.js';

export const AppendEdge = z
  .strictObject({
    source: identifier('What the target came of; an identifier of any kind.'),
    edge_type: z.string().min(1).max(64).meta({ description: 'How it came of it.' }),
    target: identifier('What came of the source; an identifier of any kind.'),
    metadata: document('Any JSON value up to 64 KiB; {} when it is not given.').optional(),
  })
  .meta({ id: 'AppendEdgeRequest' });

export const EntityPath = z.strictObject({ entity_id: z.string().min(1).max(128) });

const edgesFields = {
  direction: z.enum(DIRECTIONS).default('both'),
  limit: wholeNumber(1, 1000).default(200),
};

export const ListEdges = z.strictObject({ ...edgesFields, cursor });

export const WalkEdges = z.strictObject({
  ...edgesFields,
  max_depth: wholeNumber(1, 10).default(3),
});
