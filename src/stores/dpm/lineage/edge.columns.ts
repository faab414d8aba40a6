import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { EdgeEntity } from './edge.entity.js';

export const edges = tableColumns(EdgeEntity);
export const edgePart = edges.from('e');
