import { identifier, instant, json, primary, text } from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';

export const EdgeEntity = defineEntity(
  'dpm_lineage_edges',
  {
    edgeId: primary(identifier()),
    source: text(),
    edgeType: text(),
    target: text(),
    metadata: json(),
    createdAt: instant(),
  },
  { uniques: [{ columns: ['source', 'edgeType', 'target'] }] },
);
