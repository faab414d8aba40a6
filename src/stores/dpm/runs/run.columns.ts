import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { KeyUseEntity } from './key-use.entity.js';
import { RunEntity } from './run.entity.js';

/** The columns of a run; its decisions are counted by those who make them. */
export const runs = tableColumns(RunEntity).without('decisionsCount');
export const runPart = runs.from('r');

/** Without the results: one may be large. */
export const summaryPart = runs.without('result').from('r');

export const keyUses = tableColumns(KeyUseEntity);
